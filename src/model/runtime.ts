/** A network that is ready. */
export interface Inference {
  /**
   * Scores of a batch of actions.
   * @param features [rows × F] row-major
   * @param terms [rows × TERMS] row-major
   * @returns [rows]
   */
  (features: Float32Array, terms: Float32Array, rows: number): Float32Array | Promise<Float32Array>;
  /** Gives back what it holds, once the runs that have begun are done. Absent: it holds nothing that is not collected. */
  readonly release?: () => Promise<void>;
}

/**
 * Makes a network ready to run, from the bytes of its file.
 * @throws ScorerFault when it cannot be read or run
 */
export type Runtime = (onnx: Uint8Array) => Promise<Inference>;
