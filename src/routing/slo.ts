import type { Slo } from './catalogue.ts';

/** Times of one served request, as the client saw them. */
export interface ServedTimes {
  readonly ttftMs: number;
  /** Mean time per token after the first; absent for an answer of one token. */
  readonly tpotMs?: number | undefined;
  readonly e2eMs: number;
}

/** Whether a served request kept every bound of its SLO. */
export function isOnTime(slo: Slo, times: ServedTimes): boolean {
  if (slo.ttftMs !== undefined && times.ttftMs > slo.ttftMs) return false;
  if (slo.tpotMs !== undefined && times.tpotMs !== undefined && times.tpotMs > slo.tpotMs) return false;
  return slo.e2eMs === undefined || times.e2eMs <= slo.e2eMs;
}
