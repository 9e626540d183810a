/** The KV cache of one engine, handed out in blocks of a fixed number of tokens. */
export class KvBlocks {
  readonly blockTokens: number;
  readonly #total: number;
  #used = 0;

  constructor(capacityTokens: number, blockTokens: number) {
    this.blockTokens = blockTokens;
    this.#total = Math.floor(capacityTokens / blockTokens);
  }

  get free(): number {
    return this.#total - this.#used;
  }

  get usedTokens(): number {
    return this.#used * this.blockTokens;
  }

  get capacityTokens(): number {
    return this.#total * this.blockTokens;
  }

  blocksFor(tokens: number): number {
    return Math.ceil(tokens / this.blockTokens);
  }

  /** The caller has made sure that there is room. */
  take(blocks: number): void {
    this.#used += blocks;
  }

  release(blocks: number): void {
    this.#used -= blocks;
  }
}
