import type { LoadSweep } from './document.ts';

/** Learned Best-Effort LLM Serving (arXiv 2401.07886): how many times static serving's f96 and f98 its policy reaches. */
export const paperRatios = { f96: 4.1, f98: 2.3 } as const;

type Measure = keyof LoadSweep['points'][number]['ratios'];

/**
 * The smallest mean load from which a ratio is at least the target, between two loads of the sweep on the straight
 * line between the ratios' logarithms.
 * @returns undefined when it is reached nowhere
 */
export function reachedAt(sweep: LoadSweep, measure: Measure, target: number): number | undefined {
  const points = sweep.points.flatMap(({ meanRatePerSecond: rate, ratios }) => {
    const ratio = ratios[measure];
    return ratio === undefined ? [] : [{ rate, ratio }];
  });
  const index = points.findIndex(({ ratio }) => ratio >= target);
  const after = points[index];
  const before = points[index - 1];
  if (after === undefined || before === undefined || before.ratio <= 0) return after?.rate;
  const share = Math.log(target / before.ratio) / Math.log(after.ratio / before.ratio);
  return before.rate * (after.rate / before.rate) ** share;
}
