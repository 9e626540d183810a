/** The KV cache of one engine. It is handed out in blocks, so that all amounts held are multiples of the block size. */
export class KvCache {
  /** Whole blocks, in tokens; `Infinity` when the cache has no known end. */
  readonly capacityTokens: number;
  readonly #blockTokens: number;
  #heldTokens = 0;

  constructor(capacityTokens: number, blockTokens: number) {
    this.#blockTokens = blockTokens;
    this.capacityTokens = Math.floor(capacityTokens / blockTokens) * blockTokens;
  }

  get heldTokens(): number {
    return this.#heldTokens;
  }

  get freeTokens(): number {
    return this.capacityTokens - this.#heldTokens;
  }

  /** `tokens` rounded up to whole blocks. */
  wholeBlocks(tokens: number): number {
    return Math.ceil(tokens / this.#blockTokens) * this.#blockTokens;
  }

  /** Takes whole blocks, which the caller knows to be free. */
  take(tokens: number): void {
    this.#heldTokens += tokens;
  }

  release(tokens: number): void {
    this.#heldTokens -= tokens;
  }
}
