/** Quantiles of a set of values; `null` when there are none. */
export interface Percentiles {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** The three quantiles every latency table shows. */
export function percentiles(values: readonly number[]): Percentiles {
  const ascending = Float64Array.from(values).sort();
  return { p50: quantile(ascending, 0.5), p95: quantile(ascending, 0.95), p99: quantile(ascending, 0.99) };
}

/**
 * The value below which a share `q` of an ascending list lies, interpolated between neighbours (type 7 of Hyndman and
 * Fan 1996: what NumPy and R do unless told otherwise).
 */
export function quantile(ascending: ArrayLike<number>, q: number): number | null {
  if (ascending.length === 0) return null;
  const position = (ascending.length - 1) * q;
  const below = Math.floor(position);
  const low = ascending[below]!;
  const high = ascending[Math.min(below + 1, ascending.length - 1)]!;
  return low + (high - low) * (position - below);
}

/** The arithmetic mean; `null` of no values. */
export function mean(values: ArrayLike<number>): number | null {
  if (values.length === 0) return null;
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += values[index]!;
  return sum / values.length;
}

/** @throws RangeError of no values */
export function median(values: readonly number[]): number {
  const middle = quantile(Float64Array.from(values).sort(), 0.5);
  if (middle === null) throw new RangeError('no values have no median');
  return middle;
}
