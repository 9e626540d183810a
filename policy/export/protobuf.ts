/**
 * The part of Protocol Buffers' wire format that an ONNX file needs (https://protobuf.dev/programming-guides/encoding):
 * a message is a sequence of fields, each a tag and its content. Messages are built from the inside out, as bytes.
 */
export type Field = Uint8Array;

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** @param value a whole number from 0 to 2^53 - 1 */
export function number(tag: number, value: number): Field {
  return Uint8Array.from([...varint(tag * 8 + VARINT), ...varint(value)]);
}

export function text(tag: number, value: string): Field {
  return bytes(tag, new TextEncoder().encode(value));
}

export function message(tag: number, fields: readonly Field[]): Field {
  return bytes(tag, join(fields));
}

export function bytes(tag: number, content: Uint8Array): Field {
  return join([
    Uint8Array.from([...varint(tag * 8 + LENGTH_DELIMITED), ...varint(content.byteLength)]),
    content,
  ]);
}

export function join(fields: readonly Field[]): Uint8Array {
  const whole = new Uint8Array(fields.reduce((length, field) => length + field.byteLength, 0));
  let offset = 0;
  for (const field of fields) {
    whole.set(field, offset);
    offset += field.byteLength;
  }
  return whole;
}

/** Seven bits a byte, the lowest first, the top bit set on all but the last. */
function varint(value: number): number[] {
  const rest = Math.floor(value / 128);
  return rest === 0 ? [value] : [(value % 128) + 128, ...varint(rest)];
}
