import { holdsContent } from '../backends/answer.ts';
import type { ChatChunk, Usage } from '../backends/backend.ts';
import { textTokensIn } from './text-tokens.ts';

/**
 * Counts an answer while it passes: when its first token came, how many there were, and how it ended. The first batch
 * is the one with the first content; that of an answer which may hold nothing has none.
 */
export class StreamMeter {
  firstTokenMs: number | undefined;
  lastTokenMs: number | undefined;
  /** The endpoint's last word on the tokens of the answer. */
  usage: Usage | undefined;
  /** Whether a bound on its tokens ended the answer. */
  cutShort = false;
  #tokensSeen = 0;

  /** @param nowMs when the batch arrived, on the clock all of the meter's times are on */
  pass(batch: readonly ChatChunk[], nowMs: number): void {
    this.firstTokenMs ??= nowMs;
    for (const chunk of batch) {
      if (chunk.usage != null) this.usage = chunk.usage;
      for (const { finish_reason } of chunk.choices) this.cutShort ||= finish_reason === 'length';
      const seen = chunk.choices.reduce((sum, { delta }) => sum + fewestTokensIn(delta), 0);
      if (seen === 0) continue;
      this.#tokensSeen += seen;
      this.lastTokenMs = nowMs;
    }
  }

  /** Tokens as the endpoint reported them; without a report, as many as the answer has at least. */
  get outputTokens(): number {
    return this.usage?.completion_tokens ?? this.#tokensSeen;
  }

  /**
   * Mean time per token after the first, milliseconds; undefined for fewer than two.
   * @param tokens of one choice: choices are generated side by side, in the time of one
   */
  tpotMs(tokens: number): number | undefined {
    if (this.firstTokenMs === undefined || this.lastTokenMs === undefined || tokens < 2) return undefined;
    return (this.lastTokenMs - this.firstTokenMs) / (tokens - 1);
  }
}

/**
 * Usually a delta is one token. For a client that is slow to read, servers put many into one; counted as one, they would
 * be nearly free for a client that leaves before the report. Hardly any token has twice the usual length.
 */
function fewestTokensIn(delta: object): number {
  return holdsContent(delta) ? Math.max(Math.floor(textTokensIn(delta) / 2), 1) : 0;
}
