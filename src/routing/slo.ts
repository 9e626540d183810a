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
  if (times.ttftMs === undefined) return isWholeOnTime(slo, times.e2eMs, outputTokens);
  if (slo.ttftMs !== undefined && times.ttftMs > slo.ttftMs) return false;
  if (slo.tpotMs !== undefined && times.tpotMs !== undefined && times.tpotMs > slo.tpotMs) return false;
  return slo.e2eMs === undefined || times.e2eMs <= slo.e2eMs;
}

function isWholeOnTime(slo: Slo, e2eMs: number, outputTokens: number): boolean {
  if (slo.e2eMs !== undefined && e2eMs > slo.e2eMs) return false;
  if (slo.ttftMs === undefined || slo.tpotMs === undefined) return true;
  return e2eMs <= slo.ttftMs + slo.tpotMs * Math.max(outputTokens - 1, 0);
}
