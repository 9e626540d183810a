/** A network's numbers as text: float32, little endian, in base64. */
export function encodedParameters(parameters: ArrayLike<number>): string {
  const bytes = Buffer.alloc(4 * parameters.length);
  for (let index = 0; index < parameters.length; index += 1)
    bytes.writeFloatLE(parameters[index]!, 4 * index);
  return bytes.toString('base64');
}

/** The numbers of such a text. */
export function decodedParameters(text: string): Float32Array<ArrayBuffer> {
  const bytes = Buffer.from(text, 'base64');
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(4 * index));
}
