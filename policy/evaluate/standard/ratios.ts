import type { LoadSweep, Ratio } from './document.ts';

/** Learned Best-Effort LLM Serving (arXiv 2401.07886): how many times static serving's f96 and f98 its policy reaches. */
export const paperRatios = { f96: 4.1, f98: 2.3 } as const;

type Measure = keyof LoadSweep['points'][number]['ratios'];

/**
 * The smallest mean load from which a ratio is at least the target, between two loads of the sweep on the straight
 * line between the ratios' logarithms.
 * @returns undefined when it is reached nowhere
 */
export function reachedAt(sweep: LoadSweep, measure: Measure, target: number): number | undefined {
  const points = sweep.points.map(({ meanRatePerSecond, ratios }) => ({
    rate: meanRatePerSecond,
    ratio: asNumber(ratios[measure]),
  }));
  const index = points.findIndex(({ ratio }) => ratio >= target);
  const after = points[index];
  const before = points[index - 1];
  if (after === undefined || before === undefined) return after?.rate;
  if (!(before.ratio > 0) || after.ratio === Number.POSITIVE_INFINITY) return after.rate;
  const share = Math.log(target / before.ratio) / Math.log(after.ratio / before.ratio);
  return before.rate * (after.rate / before.rate) ** share;
}

function asNumber(ratio: Ratio): number {
  if (ratio === 'any') return Number.POSITIVE_INFINITY;
  return ratio === 'none' ? Number.NaN : ratio;
}
