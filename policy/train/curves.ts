import type { TopLevelSpec } from 'vega-lite';
import { colors } from '../report/theme.ts';
import type { CurvePoint, RuleToBeat } from './learner.ts';

export interface Curves {
  readonly title: string;
  /** What a step is, in the plural. */
  readonly unit: string;
  readonly points: readonly CurvePoint[];
  readonly rule: RuleToBeat;
}

/** Utility over the steps beside the rule's, and below it everything else the learner measured. */
export function curvesChart({ title, unit, points, rule }: Curves): TopLevelSpec {
  const measures = Object.keys(points[0]?.measures ?? {});
  return {
    title: {
      text: title,
      subtitle: `Utility on the validation seeds; dashed: ${rule.name}, ${rule.utility.toFixed(4)}`,
    },
    spacing: 26,
    vconcat: [
      {
        width: 760,
        height: 260,
        layer: [
          {
            data: { values: [{ utility: rule.utility }] },
            mark: { type: 'rule', color: colors.bad, strokeDash: [5, 4], strokeWidth: 1.5 },
            encoding: { y: { field: 'utility', type: 'quantitative' } },
          },
          line(
            points.map(({ step, utility }) => ({ step, utility })),
            'utility',
            unit,
          ),
        ],
      },
      ...measures.map((measure) => ({
        width: 760,
        height: 110,
        ...line(
          points.map(({ step, measures: own }) => ({ step, [measure]: own[measure] })),
          measure,
          unit,
        ),
      })),
    ],
  };
}

function line(values: object[], field: string, unit: string) {
  return {
    data: { values },
    mark: { type: 'line', color: colors.good, point: { size: 20, filled: true, color: colors.good } },
    encoding: {
      x: { field: 'step', type: 'quantitative', axis: { title: unit, format: ',d' } },
      y: { field, type: 'quantitative', scale: { zero: false }, axis: { title: field } },
    },
  } as const;
}
