/** What tables show where there is no value. */
const nothing = '–';

/** A duration: three digits at most below a second, then seconds with two decimals. `420 ms`, `3.1 ms`, `1.25 s`. */
export function formatMs(ms: number | null): string {
  if (ms === null) return nothing;
  // The limits are where rounding would reach the next form: 999.6 is 1.00 s, not 1000 ms.
  if (ms >= 999.5) return `${(ms / 1000).toFixed(2)} s`;
  return `${ms >= 99.95 ? ms.toFixed(0) : ms.toFixed(1)} ms`;
}

/** A share of one as a percentage with one decimal. */
export function formatShare(share: number | null): string {
  return share === null ? nothing : `${(share * 100).toFixed(1)} %`;
}

/** A whole number with its thousands set apart. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** Minutes and seconds: `0:05`, `61:40`. */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
