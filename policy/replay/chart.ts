import type { TopLevelSpec } from 'vega-lite';
import { formatMs, formatShare } from '../report/format.ts';
import { colors, orderedColors } from '../report/theme.ts';
import type { Judged } from './recorder.ts';
import type { TaskTerms } from './terms.ts';
import { type Bin, failedSeries, seriesOf, shedSeries, timeline } from './timeline.ts';

export interface ChartOptions {
  readonly title: string;
  readonly subtitle: string;
  readonly terms: readonly TaskTerms[];
}

/** One of the charts above each other, and one of the things drawn over each other in a chart. */
type Panel = Extract<TopLevelSpec, { vconcat: unknown[] }>['vconcat'][number];
type Layer = Extract<TopLevelSpec, { layer: unknown[] }>['layer'][number];

/** The replay over time: who answered the offered load, how much of it was on time, and how long the first token took. */
export function replayChart(judged: readonly Judged[], options: ChartOptions): TopLevelSpec {
  const bins = timeline(judged);
  const time = timeScale(bins);
  return {
    title: { text: options.title, subtitle: options.subtitle },
    spacing: 22,
    vconcat: [
      ratePanel(bins, time, legendOf(judged, options.terms)),
      onTimePanel(bins, time),
      ttftPanel(bins, time, options.terms),
    ],
    resolve: { scale: { color: 'independent' } },
  };
}

interface TimeScale {
  readonly title: string;
  readonly seconds: number;
  readonly end: number;
}

/** Minutes once there are more than ten of them. */
function timeScale(bins: readonly Bin[]): TimeScale {
  const endS = bins.at(-1)?.toS ?? 1;
  return endS > 600
    ? { title: 'Minutes since the start', seconds: 60, end: endS / 60 }
    : { title: 'Seconds since the start', seconds: 1, end: endS };
}

function xAxis(time: TimeScale, isLast: boolean) {
  return {
    type: 'quantitative',
    scale: { domain: [0, time.end], nice: false } as { domain: number[]; nice: boolean },
    axis: isLast ? { title: time.title } : { title: null, labels: false },
  } as const;
}

interface LegendRow {
  readonly series: string;
  readonly label: string;
  readonly color: string;
}

/**
 * The series that occur: variants from the best to the least on the replay's tasks, dark to light, then what was not
 * answered. A variant's colour depends on the catalogue alone, so that two replays of one fleet compare.
 */
function legendOf(judged: readonly Judged[], terms: readonly TaskTerms[]): LegendRow[] {
  const variants = variantsByQuality(terms);
  const palette = orderedColors(variants.length);
  const rows = [
    ...variants.map((series, index) => ({ series, color: palette[index]! })),
    { series: shedSeries, color: colors.neutral },
    { series: failedSeries, color: colors.bad },
  ];
  const counts = Map.groupBy(judged, seriesOf);
  return rows
    .filter(({ series }) => counts.has(series))
    .map((row) => ({ ...row, label: `${row.series} · ${share(counts.get(row.series)!, judged)}` }));
}

function variantsByQuality(terms: readonly TaskTerms[]): string[] {
  const names = new Set(terms.flatMap(({ quality }) => Object.keys(quality)));
  const qualityOf = (variant: string) => terms.reduce((sum, { quality }) => sum + (quality[variant] ?? 0), 0);
  return [...names].sort((a, b) => qualityOf(b) - qualityOf(a) || (a < b ? -1 : 1));
}

function share(part: readonly unknown[], whole: readonly unknown[]): string {
  return formatShare(part.length / whole.length);
}

function ratePanel(bins: readonly Bin[], time: TimeScale, legend: readonly LegendRow[]): Panel {
  const values = bins.flatMap((bin) =>
    legend.map(({ series, label }, order) => ({
      from: bin.fromS / time.seconds,
      to: bin.toS / time.seconds,
      label,
      order,
      rate: bin.rates[series] ?? 0,
    })),
  );
  return {
    ...panel('Offered rate by the variant chosen, requests per second', 210),
    data: { values },
    mark: { type: 'bar', binSpacing: 0.5 },
    encoding: {
      x: { field: 'from', bin: 'binned', ...xAxis(time, false) },
      x2: { field: 'to' },
      y: { field: 'rate', type: 'quantitative', stack: 'zero', axis: { title: null, tickCount: 5 } },
      order: { field: 'order', type: 'quantitative' },
      color: {
        field: 'label',
        type: 'nominal',
        scale: { domain: legend.map(({ label }) => label), range: legend.map(({ color }) => color) },
        legend: { title: 'Share of requests', symbolType: 'square' },
      },
    },
  };
}

function onTimePanel(bins: readonly Bin[], time: TimeScale): Panel {
  const values = bins.map((bin) => ({ at: middle(bin, time), onTime: bin.onTimeShare }));
  return {
    ...panel('Requests on time', 100),
    data: { values },
    mark: { type: 'line', color: colors.good, strokeWidth: 2, point: { size: 14, filled: true } },
    encoding: {
      x: { field: 'at', ...xAxis(time, false) },
      y: {
        field: 'onTime',
        type: 'quantitative',
        scale: { domain: [0, 1] },
        axis: { title: null, format: '.0%', values: [0, 0.25, 0.5, 0.75, 1] },
      },
    },
  };
}

function ttftPanel(bins: readonly Bin[], time: TimeScale, terms: readonly TaskTerms[]): Panel {
  const values = bins.flatMap((bin) => [
    { at: middle(bin, time), quantile: '95th percentile', ms: bin.ttftP95Ms },
    { at: middle(bin, time), quantile: 'median', ms: bin.ttftP50Ms },
  ]);
  return {
    ...panel('Time to first token, log scale', 170),
    layer: [
      {
        data: { values: values.filter(({ ms }) => ms !== null) },
        mark: { type: 'line', strokeWidth: 2, point: { size: 14, filled: true } },
        encoding: {
          x: { field: 'at', ...xAxis(time, true) },
          y: { field: 'ms', type: 'quantitative', scale: { type: 'log' }, axis: latencyAxis },
          color: {
            field: 'quantile',
            type: 'nominal',
            scale: { domain: ['95th percentile', 'median'], range: [colors.good, colors.pale] },
            legend: { title: null, symbolType: 'stroke', symbolStrokeWidth: 2.5 },
          },
        },
      },
      ...deadlines(terms, time),
    ],
  };
}

const latencyAxis = {
  title: null,
  values: [1, 10, 100, 1_000, 10_000, 100_000].flatMap((decade) => [decade, 2 * decade, 5 * decade]),
  labelExpr:
    "datum.value >= 1000 ? format(datum.value / 1000, '~g') + ' s' : format(datum.value, '~g') + ' ms'",
};

/** A dashed line at each deadline for the first token that the replay's tasks have. */
function deadlines(terms: readonly TaskTerms[], time: TimeScale): Layer[] {
  const bounds = new Set(terms.flatMap(({ slo }) => slo.ttftMs ?? []));
  const values = [...bounds].map((ms) => ({ ms, label: `deadline ${formatMs(ms)}`, end: time.end }));
  if (values.length === 0) return [];
  const y = { field: 'ms', type: 'quantitative' } as const;
  const rule: Layer = {
    data: { values },
    mark: { type: 'rule', color: colors.bad, strokeDash: [5, 4], strokeWidth: 1.5 },
    encoding: { y },
  };
  const name: Layer = {
    data: { values },
    mark: { type: 'text', align: 'left', dx: 6, color: colors.bad, fontSize: 11.5 },
    encoding: { x: { field: 'end', type: 'quantitative' }, y, text: { field: 'label' } },
  };
  return [rule, name];
}

function panel(title: string, height: number) {
  return {
    width: 760,
    height,
    title: { text: title, frame: 'group', fontSize: 12.5, fontWeight: 600, offset: 10 },
  } as const;
}

function middle(bin: Bin, time: TimeScale): number {
  return (bin.fromS + bin.toS) / 2 / time.seconds;
}
