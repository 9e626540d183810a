import { bytes, type Field, join, message, number, text } from './protobuf.ts';

/** A constant of a graph: float32 weights, or int64 indices and axes. */
export interface Initializer {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: Float32Array | BigInt64Array;
}

/** One operator applied to named values. */
export interface Node {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Whole-numbered attributes; no operator used here needs others. */
  readonly attributes?: Readonly<Record<string, number>>;
}

/** A float32 input or output; a named dimension may be of any size. */
export interface Port {
  readonly name: string;
  readonly dims: readonly (number | string)[];
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly initializers: readonly Initializer[];
  /** In an order in which each one's inputs are known. */
  readonly nodes: readonly Node[];
}

const IR_VERSION = 8;
const OPSET = 13;
const FLOAT = 1;
const INT64 = 7;
const INT_ATTRIBUTE = 2;

/**
 * A graph as an ONNX file: a `ModelProto` of IR version 8 with operator set 13. Field numbers are those of
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 * @param metadata goes into `metadata_props`, for whoever opens the file by itself
 */
export function writeModel(graph: Graph, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  return join([
    number(1, IR_VERSION),
    text(2, 'sluice'),
    message(7, graphFields(graph)),
    message(8, [text(1, ''), number(2, OPSET)]),
    ...Object.entries(metadata).map(([key, value]) => message(14, [text(1, key), text(2, value)])),
  ]);
}

function graphFields({ name, nodes, initializers, inputs, outputs }: Graph): Field[] {
  return [
    ...nodes.map((node) => message(1, nodeFields(node))),
    text(2, name),
    ...initializers.map((initializer) => message(5, tensorFields(initializer))),
    ...inputs.map((port) => message(11, portFields(port))),
    ...outputs.map((port) => message(12, portFields(port))),
  ];
}

function nodeFields({ operator, inputs, outputs, attributes = {} }: Node): Field[] {
  return [
    ...inputs.map((input) => text(1, input)),
    ...outputs.map((output) => text(2, output)),
    text(4, operator),
    ...Object.entries(attributes).map(([key, value]) =>
      message(5, [text(1, key), number(3, value), number(20, INT_ATTRIBUTE)]),
    ),
  ];
}

function tensorFields({ name, dims, values }: Initializer): Field[] {
  const size = dims.reduce((product, dimension) => product * dimension, 1);
  if (size !== values.length)
    throw new Error(`${name}: [${dims.join(', ')}] holds ${size} values, received ${values.length}`);
  return [
    ...dims.map((dimension) => number(1, dimension)),
    number(2, values instanceof Float32Array ? FLOAT : INT64),
    text(8, name),
    bytes(9, littleEndian(values)),
  ];
}

function portFields({ name, dims }: Port): Field[] {
  const shape = dims.map((dimension) =>
    message(1, [typeof dimension === 'number' ? number(1, dimension) : text(2, dimension)]),
  );
  return [text(1, name), message(2, [message(1, [number(1, FLOAT), message(2, shape)])])];
}

/** `raw_data` is little-endian whatever the machine. */
function littleEndian(values: Float32Array | BigInt64Array): Uint8Array {
  const raw = new Uint8Array(values.byteLength);
  const view = new DataView(raw.buffer);
  if (values instanceof Float32Array)
    for (const [index, value] of values.entries()) view.setFloat32(4 * index, value, true);
  else for (const [index, value] of values.entries()) view.setBigInt64(8 * index, value, true);
  return raw;
}
