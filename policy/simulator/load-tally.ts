import type { StepLoad } from './step-time.ts';

/** Adds up the work of a step, request by request. It is reused from step to step. */
export class LoadTally implements StepLoad {
  decodes = 0;
  contextTokens = 0;
  chunks = 0;
  prefillTokens = 0;
  prefillPairs = 0;
  emitted = 0;

  clear(): void {
    this.decodes = 0;
    this.contextTokens = 0;
    this.chunks = 0;
    this.prefillTokens = 0;
    this.prefillPairs = 0;
    this.emitted = 0;
  }

  /** One request decodes a token after `cachedTokens`; the token attends to itself too. */
  addDecode(cachedTokens: number): void {
    this.decodes += 1;
    this.contextTokens += cachedTokens + 1;
    this.emitted += 1;
  }

  /** A piece of a prompt after `cachedTokens`; the last piece brings the first token of the answer. */
  addChunk(tokens: number, cachedTokens: number, last: boolean): void {
    this.chunks += 1;
    this.prefillTokens += tokens;
    this.prefillPairs += tokens * (cachedTokens + tokens / 2);
    if (last) this.emitted += 1;
  }
}
