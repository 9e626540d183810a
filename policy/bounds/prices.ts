/** What a millisecond of a group's GPU time is worth in each slot of time: quality per ms, at least 0. */
export interface Prices {
  readonly slotMs: number;
  /** By group, then slot. Beyond the last slot time is worth nothing. */
  readonly perMs: readonly Float64Array[];
}

/** The lowest price of a group at any time from `fromMs` to `toMs`. */
export function lowestPrice({ slotMs, perMs }: Prices, group: number, fromMs: number, toMs: number): number {
  const own = perMs[group]!;
  const last = Math.floor(toMs / slotMs);
  if (last >= own.length) return 0;
  let lowest = Number.POSITIVE_INFINITY;
  for (let slot = Math.floor(fromMs / slotMs); slot <= last; slot++) lowest = Math.min(lowest, own[slot]!);
  return lowest;
}
