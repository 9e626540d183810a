import type { LoadSweep, Ratio } from './document.ts';

/** Learned Best-Effort LLM Serving (arXiv 2401.07886): how many times static serving's f96 and f98 its policy reaches. */
export const paperRatios = { f96: 4.1, f98: 2.3 } as const;

type Measure = keyof LoadSweep['points'][number]['ratios'];

export interface Reached {
  readonly rate: number;
  /** The baseline has nothing left there, so that any ratio is reached. */
  readonly isAny: boolean;
}

/**
 * The smallest mean load from which a ratio is at least the target, between two loads of the sweep on the straight
 * line between the ratios' logarithms.
 * @returns undefined when it is reached nowhere
 */
export function reachedAt(sweep: LoadSweep, measure: Measure, target: number): Reached | undefined {
  const points = sweep.points.map(({ meanRatePerSecond, ratios }) => ({
    rate: meanRatePerSecond,
    ratio: asNumber(ratios[measure]),
  }));
  const index = points.findIndex(({ ratio }) => ratio >= target);
  const after = points[index];
  const before = points[index - 1];
  if (after === undefined) return undefined;
  const isAny = after.ratio === Number.POSITIVE_INFINITY;
  if (before === undefined || !(before.ratio > 0) || isAny) return { rate: after.rate, isAny };
  const share = Math.log(target / before.ratio) / Math.log(after.ratio / before.ratio);
  return { rate: before.rate * (after.rate / before.rate) ** share, isAny };
}

function asNumber(ratio: Ratio): number {
  if (ratio === 'any') return Number.POSITIVE_INFINITY;
  return ratio === 'none' ? Number.NaN : ratio;
}
