/** One request inside an engine. */
export class Sequence {
  readonly id: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Tokens emitted. They survive a preemption, and are computed anew with the prompt. */
  generated = 0;
  /** Tokens whose keys and values are in the cache. */
  computed = 0;
  /** Tokens that its KV blocks can hold. */
  heldTokens = 0;
  /** True from admission until the step that emits a token: from then on it decodes. */
  prefilling = true;
  /** Tokens it computes in the step under way; 0 when it has no part in it. */
  scheduled = 0;

  constructor(id: number, promptTokens: number, outputTokens: number) {
    this.id = id;
    this.promptTokens = promptTokens;
    this.outputTokens = outputTokens;
  }

  /** Known tokens that are not computed yet; 1 while decoding. */
  get pending(): number {
    return this.promptTokens + this.generated - this.computed;
  }

  get finished(): boolean {
    return this.generated === this.outputTokens;
  }

  /** The most tokens it ever keeps in the cache: the last one it emits is not fed back. */
  get maxCachedTokens(): number {
    return this.promptTokens + this.outputTokens - 1;
  }

  /** Books what it computes in the step; true when all known tokens are computed, so that it emits the next one. */
  computeScheduled(): boolean {
    const tokens = this.scheduled;
    if (tokens === 0) return false; // aborted while the step was under way
    this.scheduled = 0;
    this.computed += tokens;
    if (this.pending > 0) return false;
    this.prefilling = false;
    this.generated += 1;
    return true;
  }

  /** Books `steps` steps of decoding at once. */
  decode(steps: number): void {
    this.computed += steps;
    this.generated += steps;
  }

  /** Its cache is lost. What it has emitted becomes part of what it computes anew. */
  restart(): void {
    this.computed = 0;
    this.prefilling = true;
  }
}
