/**
 * A small network as an ONNX file, written by hand in Protocol Buffers: Gemm and Relu in turn, the shape of a learned
 * scorer. Field numbers are those of onnx.proto.
 * @param widths of the layers, the input's first
 */
export function tinyModel(widths: readonly number[]): Uint8Array {
  const layers = widths.slice(1).map((outputs, layer) => ({ inputs: widths[layer]!, outputs, layer }));
  const nodes = layers.flatMap(({ layer }) => {
    const isLast = layer === layers.length - 1;
    const gemm = node('Gemm', [`x${layer}`, `w${layer}`, `b${layer}`], isLast ? 'y' : `h${layer}`);
    return isLast ? [gemm] : [gemm, node('Relu', [`h${layer}`], `x${layer + 1}`)];
  });
  const weights = layers.flatMap(({ inputs, outputs, layer }) => [
    tensor(`w${layer}`, [inputs, outputs]),
    tensor(`b${layer}`, [outputs]),
  ]);
  const graph = [
    ...nodes.map((bytes) => field(1, bytes)),
    field(2, utf8('tiny')),
    ...weights.map((bytes) => field(5, bytes)),
    field(11, value('x0', widths[0]!)),
    field(12, value('y', widths.at(-1)!)),
  ];
  const opset = field(8, [...field(1, utf8('')), ...number(2, 13)]);
  return Uint8Array.from([...number(1, 8), ...field(7, graph.flat()), ...opset]);
}

type Bytes = readonly number[];

function node(operator: string, inputs: readonly string[], output: string): Bytes {
  return [
    ...inputs.flatMap((name) => field(1, utf8(name))),
    ...field(2, utf8(output)),
    ...field(4, utf8(operator)),
  ];
}

/** Weights that are not all alike; their values do not matter. */
function tensor(name: string, dimensions: readonly number[]): Bytes {
  const size = dimensions.reduce((product, dimension) => product * dimension, 1);
  const values = Float32Array.from({ length: size }, (_, index) => ((index * 7) % 13) / 13 - 0.5);
  const float = 1;
  return [
    ...dimensions.flatMap((dimension) => number(1, dimension)),
    ...number(2, float),
    ...field(8, utf8(name)),
    ...field(9, [...new Uint8Array(values.buffer)]),
  ];
}

/** A batch of vectors of floats, by name. */
function value(name: string, width: number): Bytes {
  const dimension = (size: number) => field(1, number(1, size));
  const shape = field(2, [...dimension(1), ...dimension(width)]);
  return [...field(1, utf8(name)), ...field(2, field(1, [...number(1, 1), ...shape]))];
}

function number(tag: number, content: number): Bytes {
  return [...varint(tag * 8), ...varint(content)];
}

function field(tag: number, content: Bytes): Bytes {
  return [...varint(tag * 8 + 2), ...varint(content.length), ...content];
}

function varint(content: number): Bytes {
  return content < 128 ? [content] : [(content % 128) + 128, ...varint(Math.floor(content / 128))];
}

function utf8(text: string): Bytes {
  return [...new TextEncoder().encode(text)];
}
