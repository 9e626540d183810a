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

/** A mean and the interval that holds the true one with 95 % confidence; no bounds from a single value. */
export interface Interval {
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
}

const CONFIDENCE = 0.95;

/**
 * Student's interval of the mean of independent values.
 * @throws RangeError of no values
 */
export function intervalOf(values: readonly number[]): Interval {
  const center = mean(values);
  if (center === null) throw new RangeError('no values have no interval');
  if (values.length === 1) return { mean: center, low: null, high: null };
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  const standardError = Math.sqrt(squares / (values.length - 1) / values.length);
  const reach = studentQuantile((1 + CONFIDENCE) / 2, values.length - 1) * standardError;
  return { mean: center, low: center - reach, high: center + reach };
}

/**
 * The value that Student's t with whole `degrees` of freedom stays below with probability `p`, 0.5 ≤ p < 1.
 * @throws RangeError for anything else
 */
export function studentQuantile(p: number, degrees: number): number {
  if (!(p >= 0.5 && p < 1)) throw new RangeError(`p: expected 0.5 to below 1, received ${p}`);
  if (!(Number.isInteger(degrees) && degrees > 0))
    throw new RangeError(`degrees: expected a whole number above 0, received ${degrees}`);
  let [low, high] = [0, 1];
  while (studentWithin(high, degrees) < 2 * p - 1) high *= 2;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (studentWithin(middle, degrees) < 2 * p - 1) low = middle;
    else high = middle;
  }
}

/** Probability that |T| ≤ t: the finite sums of Abramowitz and Stegun 26.7.3 and 26.7.4. */
function studentWithin(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? Math.cos(angle) : 1;
  let sum = 0;
  for (let power = isOdd ? 1 : 0; power <= degrees - 2; power += 2) {
    sum += term;
    term *= ((power + 1) / (power + 2)) * Math.cos(angle) ** 2;
  }
  return isOdd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
}
