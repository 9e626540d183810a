/**
 * A count that forgets: every event weighs e^(-age / τ). Divided by τ it is the event rate, averaged over about τ.
 * Plain data.
 */
export interface DecayingCount {
  readonly weight: number;
  readonly atMs: number;
}

export function noCount(nowMs: number): DecayingCount {
  return { weight: 0, atMs: nowMs };
}

/** The count's weight now. `tauMs` must be the same in every call on one count. */
export function weightAt(count: DecayingCount, tauMs: number, nowMs: number): number {
  return count.weight * Math.exp(-Math.max(nowMs - count.atMs, 0) / tauMs);
}

export function countOne(count: DecayingCount, tauMs: number, nowMs: number): DecayingCount {
  return { weight: weightAt(count, tauMs, nowMs) + 1, atMs: Math.max(nowMs, count.atMs) };
}
