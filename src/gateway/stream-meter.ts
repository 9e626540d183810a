import type { ChatChunk, Usage } from '../backends/backend.ts';
import { saysSomething } from './says-something.ts';

/** Counts an answer while it passes: when its first token came, how many there were, and how it ended. */
export class StreamMeter {
  firstTokenMs: number | undefined;
  lastTokenMs: number | undefined;
  /** The endpoint's last word on the tokens of the answer. */
  usage: Usage | undefined;
  #chunksWithContent = 0;

  /** @param nowMs when the batch arrived, on the clock all of the meter's times are on */
  pass(batch: readonly ChatChunk[], nowMs: number): void {
    for (const chunk of batch) {
      if (chunk.usage != null) this.usage = chunk.usage;
      if (!chunk.choices.some(({ delta }) => saysSomething(delta))) continue;
      this.#chunksWithContent += 1;
      this.firstTokenMs ??= nowMs;
      this.lastTokenMs = nowMs;
    }
  }

  /** Tokens as the endpoint reported them; without a report, one per chunk with content. */
  get outputTokens(): number {
    return this.usage?.completion_tokens ?? this.#chunksWithContent;
  }

  /** Mean time per token after the first; undefined for fewer than two tokens. */
  get tpotMs(): number | undefined {
    if (this.firstTokenMs === undefined || this.lastTokenMs === undefined || this.outputTokens < 2)
      return undefined;
    return (this.lastTokenMs - this.firstTokenMs) / (this.outputTokens - 1);
  }
}
