/**
 * A network that is ready: scores of a batch of actions.
 * @param features [rows × F] row-major
 * @param terms [rows × TERMS] row-major
 * @returns [rows]
 */
export type Inference = (
  features: Float32Array,
  terms: Float32Array,
  rows: number,
) => Float32Array | Promise<Float32Array>;

/**
 * Makes a network ready to run, from the bytes of its file.
 * @throws ScorerFault when it cannot be read or run
 */
export type Runtime = (onnx: Uint8Array) => Promise<Inference>;
