import type { TopLevelSpec } from 'vega-lite';
import { colors } from '../../report/theme.ts';
import type { LoadSweep } from './document.ts';
import { paperRatios, reachedAt } from './ratios.ts';
import { band, type Series, seriesChannels, seriesFor } from './series.ts';

type Panel = Extract<TopLevelSpec, { vconcat: unknown[] }>['vconcat'][number];
type Layer = Extract<TopLevelSpec, { layer: unknown[] }>['layer'][number];

/** f96 and f98 over the mean load, and how many times static serving's they are. */
export function loadsChart(
  sweep: LoadSweep,
  { focus, baseline, seeds }: { focus: string; baseline: string; seeds: number },
): TopLevelSpec {
  return {
    title: {
      text: 'Seconds served at nearly full quality, over the load',
      subtitle: [
        `Fleet ${sweep.fleet}, workload ${sweep.workload} at other mean rates, ${sweep.durationS} s a run`,
        `Means over ${seeds} seeds with 95 % bands`,
      ],
    },
    spacing: 26,
    vconcat: [
      sharePanel(sweep, 'f96', [focus, baseline], focus),
      sharePanel(sweep, 'f98', [focus, baseline], focus),
      ratioPanel(sweep, focus, baseline),
    ],
    resolve: { scale: { color: 'independent', strokeDash: 'independent', strokeWidth: 'independent' } },
  };
}

function rateAxis(sweep: LoadSweep, isLast: boolean) {
  const values = sweep.points.map(({ meanRatePerSecond }) => meanRatePerSecond);
  return {
    field: 'rate',
    type: 'quantitative',
    scale: { type: 'log', nice: false, domain: [values[0]!, values.at(-1)!] as number[] },
    axis: isLast
      ? { title: 'mean offered rate, requests/s (log scale)', values, format: ',d' }
      : { title: null, labels: false, values },
  } as const;
}

function sharePanel(
  sweep: LoadSweep,
  measure: 'f96' | 'f98',
  scorers: readonly string[],
  focus: string,
): Panel {
  const series = seriesFor(scorers, focus);
  const label = ({ scorer }: Series) => scorer;
  const values = sweep.points.flatMap(({ meanRatePerSecond: rate, results }) =>
    scorers.map((scorer) => {
      const { mean, low, high } = results.find((result) => result.scorer === scorer)![measure];
      return { rate, label: scorer, mean, low: Math.max(low ?? mean, 0), high: Math.min(high ?? mean, 1) };
    }),
  );
  const x = rateAxis(sweep, false);
  const bands = band(series, label, 'within');
  return {
    ...panel(
      `${measure}: share of one-second windows with utility of at least ${measure.slice(1)} % of peak`,
      150,
    ),
    layer: [
      { data: { values }, mark: bands.mark, encoding: { ...bands.encoding, x } },
      {
        data: { values },
        mark: { type: 'line', point: { size: 20, filled: true } },
        encoding: {
          x,
          y: {
            field: 'mean',
            type: 'quantitative',
            scale: { domain: [0, 1] },
            axis: { title: measure, format: '.0%', tickCount: 5 },
          },
          ...seriesChannels(series, label, 'within'),
        },
      },
    ],
  };
}

const ratioColors = { f96: colors.good, f98: colors.bad } as const;

function ratioPanel(sweep: LoadSweep, focus: string, baseline: string): Panel {
  const measures = ['f96', 'f98'] as const;
  const values = sweep.points.flatMap(({ meanRatePerSecond: rate, ratios }) =>
    measures.flatMap((measure) => {
      const ratio = ratios[measure];
      return typeof ratio === 'number' && ratio > 0 ? [{ rate, label: measure, ratio }] : [];
    }),
  );
  return {
    ...panel(
      `${focus} ÷ ${baseline}; dashed: the paper's ${paperRatios.f96} × (f96) and ${paperRatios.f98} × (f98)`,
      170,
    ),
    layer: [
      {
        data: { values },
        mark: { type: 'line', strokeWidth: 2.2, point: { size: 20, filled: true } },
        encoding: {
          x: rateAxis(sweep, true),
          y: {
            field: 'ratio',
            type: 'quantitative',
            scale: { type: 'log' },
            axis: { title: 'ratio (log scale)', values: [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50], format: '~g' },
          },
          color: {
            field: 'label',
            type: 'nominal',
            scale: { domain: [...measures], range: measures.map((measure) => ratioColors[measure]) },
            legend: {
              title: null,
              orient: 'bottom-left',
              symbolType: 'stroke',
              symbolStrokeWidth: 2.5,
              offset: 4,
            },
          },
        },
      },
      ...measures.flatMap((measure) => targetLayers(sweep, measure)),
    ],
  };
}

/** The paper's ratio as a line across, and the load it is reached at as a mark. */
function targetLayers(sweep: LoadSweep, measure: 'f96' | 'f98'): Layer[] {
  const target = paperRatios[measure];
  const color = ratioColors[measure];
  const at = reachedAt(sweep, measure, target);
  const y = { field: 'ratio', type: 'quantitative' } as const;
  const rule: Layer = {
    data: { values: [{ ratio: target }] },
    mark: { type: 'rule', color, strokeDash: [5, 4], strokeWidth: 1.3 },
    encoding: { y },
  };
  if (at === undefined) return [rule];
  const text = at.isAny
    ? `static serving has none at ${Math.round(at.rate)}/s`
    : `${target} × at ${Math.round(at.rate)}/s`;
  const values = [{ rate: at.rate, ratio: target, text }];
  const x = { field: 'rate', type: 'quantitative' } as const;
  return [
    rule,
    {
      data: { values },
      mark: { type: 'point', color, filled: true, size: 90, stroke: 'white', strokeWidth: 1.5 },
      encoding: { x, y },
    },
    {
      data: { values },
      mark: { type: 'text', align: 'right', dx: -10, dy: -9, color, fontSize: 12, fontWeight: 600 },
      encoding: { x, y, text: { field: 'text' } },
    },
  ];
}

function panel(title: string, height: number) {
  return {
    width: 760,
    height,
    title: { text: title, frame: 'group', fontSize: 12.5, fontWeight: 600, offset: 10 },
  } as const;
}
