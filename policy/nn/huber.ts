/** The Huber loss of an error: half its square up to `delta`, linear from there on, so that outliers pull no harder. */
export function huber(error: number, delta: number): number {
  const size = Math.abs(error);
  return size <= delta ? 0.5 * error * error : delta * (size - 0.5 * delta);
}

/** Its derivative: the error, clipped to ± `delta`. */
export function huberGradient(error: number, delta: number): number {
  return Math.min(Math.max(error, -delta), delta);
}
