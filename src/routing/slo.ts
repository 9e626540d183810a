import type { Slo } from './catalogue.ts';

/** Times of one served request, as the client saw them. */
export interface ServedTimes {
  /** Absent for an answer that came as a whole. */
  readonly ttftMs?: number | undefined;
  /** Mean time per token after the first; absent for an answer of one token. */
  readonly tpotMs?: number | undefined;
  readonly e2eMs: number;
}

/**
 * Whether a served request kept every bound of its SLO. An answer that came as a whole shows neither its first token
 * nor its pace; it is on time when it came no later than a stream that just kept both bounds.
 * @param outputTokens of the answer; only asked for where it came as a whole
 */
export function isOnTime(slo: Slo, times: ServedTimes, outputTokens = 1): boolean {
  if (times.ttftMs === undefined) return times.e2eMs <= wholeAnswerMs(slo, outputTokens);
  if (slo.ttftMs !== undefined && times.ttftMs > slo.ttftMs) return false;
  if (slo.tpotMs !== undefined && times.tpotMs !== undefined && times.tpotMs > slo.tpotMs) return false;
  return slo.e2eMs === undefined || times.e2eMs <= slo.e2eMs;
}

/** How long an answer that comes as a whole may take; Infinity where nothing says. */
export function wholeAnswerMs({ ttftMs, tpotMs, e2eMs = Infinity }: Slo, outputTokens: number): number {
  if (ttftMs === undefined || tpotMs === undefined) return e2eMs;
  return Math.min(e2eMs, ttftMs + tpotMs * Math.max(outputTokens - 1, 0));
}
