/** A time as a weighted sum `y = Σ weightᵢ · xᵢ`. Plain data, so that it can be stored and sent. */
export interface Linear {
  readonly weights: readonly number[];
  /** Variance of ln(observed / predicted), a moving average. */
  readonly logVariance: number;
}

/**
 * A weighted sum that is learned one observation at a time from times whose errors grow with their size. A Kalman filter
 * over the weights: the prior is the first guess, the process noise lets the estimate follow hardware that drifts, and
 * old observations fade.
 */
export interface LearnedLinear extends Linear {
  /** Of the weights, row-major. */
  readonly covariance: readonly number[];
}

/** Relative standard error of a prior: a first guess may be off by its own size. */
const PRIOR_ERROR = 1;
/** Variance of one observation relative to its prediction, before any was seen: about 30 % off. */
const OBSERVATION_VARIANCE = 0.1;
/** Share of the prior's variance added back per observation: the filter's memory is some hundred observations. */
const DRIFT = 3e-5;
/** Weight of one observation in the moving log variance. */
const VARIANCE_WEIGHT = 0.02;
/** An observation further from the prediction than this factor teaches as much as one at the factor. */
const OUTLIER_FACTOR = 8;
/** A learned weight may shrink to this share of the prior but never to nothing or below. */
const SMALLEST_SHARE = 0.02;

/** The estimate before any observation. Every weight must be positive. */
export function priorLinear(weights: readonly number[]): LearnedLinear {
  const covariance = weights.flatMap((weight, row) =>
    weights.map((_, column) => (row === column ? (PRIOR_ERROR * weight) ** 2 : 0)),
  );
  return { weights, covariance, logVariance: OBSERVATION_VARIANCE };
}

/** @param x as many as there are weights */
export function at({ weights }: Linear, x: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < weights.length; index += 1) sum += weights[index]! * x[index]!;
  return sum;
}

/**
 * The estimate after one more observation (every x ≥ 0, y > 0). `prior` bounds what may be unlearned. The logarithm of
 * the error teaches, so what is learned is the median: an answer that took eight times too long moves the estimate no
 * further than one that took an eighth.
 */
export function learn(
  estimate: LearnedLinear,
  prior: LearnedLinear,
  x: readonly number[],
  y: number,
): LearnedLinear {
  const size = x.length;
  const covariance = estimate.covariance.slice();
  for (let cell = 0; cell < covariance.length; cell += size + 1)
    covariance[cell] = Math.min(covariance[cell]! + DRIFT * prior.covariance[cell]!, prior.covariance[cell]!);
  const spread = estimate.weights.map((_, row) => {
    let sum = 0;
    for (let column = 0; column < size; column += 1) sum += covariance[row * size + column]! * x[column]!;
    return sum;
  });
  const predicted = at(estimate, x);
  let innovationVariance = OBSERVATION_VARIANCE * predicted ** 2;
  for (let index = 0; index < size; index += 1) innovationVariance += spread[index]! * x[index]!;
  const step = (boundedLog(y / predicted) * predicted) / innovationVariance;
  for (let row = 0; row < size; row += 1)
    for (let column = 0; column < size; column += 1)
      covariance[row * size + column]! -= (spread[row]! * spread[column]!) / innovationVariance;
  const weights = estimate.weights.map((weight, index) =>
    Math.max(weight + step * spread[index]!, SMALLEST_SHARE * prior.weights[index]!),
  );
  return { ...estimate, weights, covariance };
}

/** The estimate after a prediction of it was off by the ratio, observed / predicted. */
export function withError(estimate: LearnedLinear, ratio: number): LearnedLinear {
  const { logVariance } = estimate;
  return { ...estimate, logVariance: logVariance + VARIANCE_WEIGHT * (boundedLog(ratio) ** 2 - logVariance) };
}

function boundedLog(ratio: number): number {
  return Math.log(Math.min(Math.max(ratio, 1 / OUTLIER_FACTOR), OUTLIER_FACTOR));
}
