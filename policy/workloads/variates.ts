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
  const mu = Math.log(mean) - sigma ** 2 / 2;
  return (random) => Math.exp(mu + sigma * normal(random));
}

/**
 * Gamma with mean 1 and the given coefficient of variation: 1 is the exponential, more is burstier.
 * Marsaglia and Tsang, "A simple method for generating gamma variables" (2000); shapes below 1 by their boost.
 */
export function gamma(coefficientOfVariation: number): Variate {
  const shape = 1 / coefficientOfVariation ** 2;
  if (shape >= 1) return (random) => gammaOfShape(shape, random) / shape;
  return (random) => (gammaOfShape(shape + 1, random) * (1 - random()) ** (1 / shape)) / shape;
}

/** Gamma of scale 1; `shape` is at least 1. */
function gammaOfShape(shape: number, random: Random): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}
