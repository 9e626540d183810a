import type { Random } from '../../../src/platform/random.ts';
import { normal, uniform } from '../../workloads/variates.ts';
import { clamped } from './draws.ts';

/**
 * One task's quality on a ladder of models, smallest first: the best at 0.35 to 0.95, the smallest at a share of that,
 * the others between by the logarithm of their size, bent. Steps scatter by `noise`, so some are flat and now and
 * then a smaller model is the better one.
 * @param sizes of the models, ascending
 */
export function drawQualities(sizes: readonly number[], random: Random): readonly number[] {
  const best = uniform(0.35, 0.95)(random);
  const worst = best * uniform(0.35, 0.9)(random);
  const bend = 2 ** uniform(-1.3, 1.3)(random);
  const noise = uniform(0, 0.03)(random);
  const span = Math.log(sizes.at(-1)! / sizes[0]!);
  return sizes.map((size) => {
    const height = (Math.log(size / sizes[0]!) / span) ** bend;
    return rounded(clamped(worst + (best - worst) * height + noise * normal(random), 0.05, 0.99));
  });
}

/** Around given qualities. */
export function perturbedQuality(quality: number, sigma: number, random: Random): number {
  return rounded(clamped(quality + sigma * normal(random), 0.05, 0.99));
}

function rounded(quality: number): number {
  return Math.round(quality * 10_000) / 10_000;
}
