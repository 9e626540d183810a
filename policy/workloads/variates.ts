import { type Random, seededRandom } from '../../src/platform/random.ts';

/** A distribution: each call draws one value from the randomness it is given. */
export type Variate = (random: Random) => number;

/**
 * A stream of its own, seeded by one draw from the given one. Two parts of a workload that draw from separate
 * streams stay paired across runs: changing the lengths does not move the arrivals.
 */
export function fork(random: Random): Random {
  return seededRandom(Math.floor(random() * 2 ** 32));
}

/** Uniform over [low, high). */
export function uniform(low: number, high: number): Variate {
  return (random) => low + (high - low) * random();
}

/** Values whose logarithm is uniform: as likely between 20 and 200 as between 200 and 2,000. */
export function logUniform(low: number, high: number): Variate {
  return (random) => low * (high / low) ** random();
}

/** Exponential with mean 1. */
export const exponential: Variate = (random) => -Math.log(1 - random());

/** Standard normal (Box and Muller 1958; the second value is given up to keep the function pure). */
export const normal: Variate = (random) =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Lognormal with the given mean; `sigma` is the standard deviation of the logarithm. */
export function lognormal(mean: number, sigma: number): Variate {
  return lognormalAround(mean * Math.exp(-(sigma ** 2) / 2), sigma);
}

/** Lognormal with the given median: what multiplies by a factor as often as it divides by it. */
export function lognormalAround(median: number, sigma: number): Variate {
  return (random) => median * Math.exp(sigma * normal(random));
}

/** Gamma with mean 1 and the given coefficient of variation: 1 is the exponential, more is burstier. */
export function gamma(coefficientOfVariation: number): Variate {
  const shape = 1 / coefficientOfVariation ** 2;
  const draw = gammaOfShape(shape);
  return (random) => draw(random) / shape;
}

/**
 * Gamma of scale 1 with any shape above 0. Marsaglia and Tsang, "A simple method for generating gamma variables"
 * (2000); shapes below 1 by their boost.
 */
export function gammaOfShape(shape: number): Variate {
  if (shape >= 1) return (random) => gammaOfShapeFrom1(shape, random);
  return (random) => gammaOfShapeFrom1(shape + 1, random) * (1 - random()) ** (1 / shape);
}

function gammaOfShapeFrom1(shape: number, random: Random): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Weibull with mean 1 (by inversion): shape 1 is the exponential, less is burstier. */
export function weibull(shape: number): Variate {
  const scale = weibullScale(shape);
  return (random) => scale * exponential(random) ** (1 / shape);
}

/** The scale at which a Weibull law of this shape has mean 1. */
export function weibullScale(shape: number): number {
  return 1 / gammaFunction(1 + 1 / shape);
}

/** Lanczos' approximation with g = 7 and nine terms: 15 digits for every x from 1 to 170. */
const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

function gammaFunction(x: number): number {
  const z = x - 1;
  const t = z + 7.5;
  const series = lanczos.reduce((sum, term, index) => (index === 0 ? term : sum + term / (z + index)), 0);
  return Math.sqrt(2 * Math.PI) * t ** (z + 0.5) * Math.exp(-t) * series;
}
