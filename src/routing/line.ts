/**
 * A line `y = intercept + slope · x`, learned one observation at a time from times whose errors grow with their
 * size. A Kalman filter over (intercept, slope): the prior is the first guess, the process noise lets the estimate
 * follow hardware that drifts, and old observations fade. Plain data, so that it can be stored and sent.
 */
export interface Line {
  readonly intercept: number;
  readonly slope: number;
  /** Covariance of (intercept, slope). */
  readonly p00: number;
  readonly p01: number;
  readonly p11: number;
  /** Variance of ln(observed / predicted), a moving average. */
  readonly logVariance: number;
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
/** A learned coefficient may shrink to this share of the prior but never to nothing or below. */
const SMALLEST_SHARE = 0.02;

/** The line before any observation. Both coefficients must be positive. */
export function priorLine(intercept: number, slope: number): Line {
  return {
    intercept,
    slope,
    p00: (PRIOR_ERROR * intercept) ** 2,
    p01: 0,
    p11: (PRIOR_ERROR * slope) ** 2,
    logVariance: OBSERVATION_VARIANCE,
  };
}

export function at(line: Line, x: number): number {
  return line.intercept + line.slope * x;
}

/**
 * The line after one more observation (x ≥ 0, y > 0). `prior` bounds what may be unlearned. The logarithm of the error
 * teaches: an answer that took eight times too long moves the line no further than one that took an eighth.
 */
export function learn(line: Line, prior: Line, x: number, y: number): Line {
  const predicted = at(line, x);
  const p00 = Math.min(line.p00 + DRIFT * prior.p00, prior.p00);
  const p11 = Math.min(line.p11 + DRIFT * prior.p11, prior.p11);
  const p01 = line.p01;
  const ph0 = p00 + p01 * x;
  const ph1 = p01 + p11 * x;
  const innovationVariance = ph0 + ph1 * x + OBSERVATION_VARIANCE * predicted ** 2;
  const error = boundedLog(y / predicted) * predicted;
  return {
    ...line,
    intercept: Math.max(
      line.intercept + (ph0 / innovationVariance) * error,
      SMALLEST_SHARE * prior.intercept,
    ),
    slope: Math.max(line.slope + (ph1 / innovationVariance) * error, SMALLEST_SHARE * prior.slope),
    p00: p00 - (ph0 * ph0) / innovationVariance,
    p01: p01 - (ph0 * ph1) / innovationVariance,
    p11: p11 - (ph1 * ph1) / innovationVariance,
  };
}

/** The line after a prediction from it was off by the ratio, observed / predicted. */
export function withError(line: Line, ratio: number): Line {
  const { logVariance } = line;
  return { ...line, logVariance: logVariance + VARIANCE_WEIGHT * (boundedLog(ratio) ** 2 - logVariance) };
}

function boundedLog(ratio: number): number {
  return Math.log(Math.min(Math.max(ratio, 1 / OUTLIER_FACTOR), OUTLIER_FACTOR));
}
