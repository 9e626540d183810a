import { ScorerFault } from '../routing/scorer.ts';

/** A constant of a graph. */
export interface Weights {
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

/** Field numbers of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. */
const model = { graph: 7 };
const graph = { initializer: 5 };
const tensor = { dims: 1, dataType: 2, name: 8, rawData: 9 };
const FLOAT = 1;

/**
 * The float32 constants of an ONNX file by name, as this project writes it: `raw_data`, dimensions one by one. So that
 * a network's weights are in one place, whichever way it is run.
 * @throws ScorerFault when the bytes are no such file
 */
export function readWeights(onnx: Uint8Array): ReadonlyMap<string, Weights> {
  const weights = new Map<string, Weights>();
  for (const graphs of fieldsOf(onnx))
    if (graphs.tag === model.graph)
      for (const field of fieldsOf(contentOf(graphs)))
        if (field.tag === graph.initializer) addTensor(weights, contentOf(field));
  return weights;
}

function addTensor(weights: Map<string, Weights>, bytes: Uint8Array): void {
  const dims: number[] = [];
  let name = '';
  let dataType = 0;
  let raw: Uint8Array = new Uint8Array();
  for (const field of fieldsOf(bytes))
    if (field.tag === tensor.dims) dims.push(field.value);
    else if (field.tag === tensor.dataType) dataType = field.value;
    else if (field.tag === tensor.name) name = new TextDecoder().decode(contentOf(field));
    else if (field.tag === tensor.rawData) raw = contentOf(field);
  if (dataType !== FLOAT) return;
  const size = dims.reduce((product, dimension) => product * dimension, 1);
  if (raw.byteLength !== 4 * size)
    throw unreadable(`${name} is to hold ${size} numbers and has ${raw.byteLength} bytes`);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const values = Float32Array.from({ length: size }, (_, index) => view.getFloat32(4 * index, true));
  weights.set(name, { dims, values });
}

interface Field {
  readonly tag: number;
  /** Of a number: itself. Of anything else: its length. */
  readonly value: number;
  readonly content: Uint8Array | undefined;
}

/** The fields of a message in Protocol Buffers' wire format: numbers, and contents that say their length. */
function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  let offset = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[offset++];
      if (byte === undefined) throw unreadable('the file ends within a number');
      value += (byte % 128) * factor;
      if (byte < 128) return value;
    }
  };
  while (offset < bytes.length) {
    const key = varint();
    const tag = Math.floor(key / 8);
    const value = varint();
    if (key % 8 === 0) yield { tag, value, content: undefined };
    else if (key % 8 === 2 && offset + value <= bytes.length) {
      yield { tag, value, content: bytes.subarray(offset, offset + value) };
      offset += value;
    } else throw unreadable(`field ${tag} is neither a number nor within the file`);
  }
}

function contentOf({ tag, content }: Field): Uint8Array {
  if (content === undefined) throw unreadable(`field ${tag} is a number`);
  return content;
}

function unreadable(message: string): ScorerFault {
  return new ScorerFault('network-unreadable', message);
}
