import { exponential, gamma, gammaOfShape, type Variate, weibull, weibullScale } from './variates.ts';

/** How arrivals scatter at a rate: the law of the gaps between them, in expected gaps. */
export interface GapLaw {
  /** From one arrival to the next. Its mean is 1. */
  readonly gap: Variate;
  /**
   * From any instant to the first arrival after it. Long gaps are the likelier ones to be in the middle of, so this
   * is not the law of the gaps; started with it, a process has its rate from the first moment on instead of a burst
   * of (CV² − 1) / 2 extra arrivals.
   */
  readonly residual: Variate;
}

/** Independent arrivals; what is left of an exponential gap is as long as a whole one. */
export const poissonGaps: GapLaw = { gap: exponential, residual: exponential };

/** Gaps all alike. */
export const regularGaps: GapLaw = { gap: () => 1, residual: (random) => random() };

/** Gamma gaps of the given coefficient of variation. A gap one is in the middle of has a shape greater by 1. */
export function gammaGaps(coefficientOfVariation: number): GapLaw {
  return gammaGapsOfShape(1 / coefficientOfVariation ** 2);
}

/** Gamma gaps of the given shape: coefficient of variation 1/√shape. */
export function gammaGapsOfShape(shape: number): GapLaw {
  const around = gammaOfShape(shape + 1);
  return {
    gap: gamma(1 / Math.sqrt(shape)),
    residual: (random) => (random() * around(random)) / shape,
  };
}

/**
 * Weibull gaps of the given shape. With X the Weibull law of scale 1, X^shape is exponential, so weighted by its
 * length it is a Gamma law of shape 1 + 1/shape.
 */
export function weibullGaps(shape: number): GapLaw {
  const scale = weibullScale(shape);
  const around = gammaOfShape(1 + 1 / shape);
  return {
    gap: weibull(shape),
    residual: (random) => random() * scale * around(random) ** (1 / shape),
  };
}
