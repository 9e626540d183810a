import { nominalColors } from '../../report/theme.ts';

/** One contender of a picture. */
export interface Series {
  readonly scorer: string;
  readonly color: string;
  /** Tells lines apart where colours do not. */
  readonly dash: readonly number[];
  readonly width: number;
}

const [blue, vermillion, green, purple, sky, orange, grey] = nominalColors;

/** A contender looks the same in all pictures. */
const styles: Readonly<Record<string, Pick<Series, 'color' | 'dash'>>> = {
  'static-large': { color: vermillion, dash: [] },
  'static-large@8': { color: orange, dash: [7, 3] },
  'static-small': { color: grey, dash: [2, 3] },
  'power-of-two': { color: purple, dash: [7, 3] },
  'shadow-price-tuned': { color: green, dash: [9, 2, 2, 2] },
  'shadow-price@paper-cohosted/surge': { color: green, dash: [] },
  'shadow-price@paper-cohosted/storm': { color: sky, dash: [9, 2, 2, 2] },
  dqn: { color: orange, dash: [9, 2, 2, 2] },
};

/** The series of a picture, in colours of their own; the focus is drawn boldest. */
export function seriesFor(scorers: readonly string[], focus: string): Series[] {
  return scorers.map((scorer) => {
    if (scorer === focus) return { scorer, color: blue, dash: [], width: 3 };
    return { scorer, width: 1.8, ...(styles[scorer] ?? { color: grey, dash: [] }) };
  });
}

/** A contender's name in a picture, where there is no room for the whole. */
export function shortName(scorer: string): string {
  return scorer.replace(/^shadow-price@.+\/(.+)$/, 'shadow-price tuned for $1');
}

/** `below` the picture, or `within` it, at the top right. */
export type LegendPlace = 'below' | 'within';

/** Encodes the field `label` with the colour, dash and width of each series. */
export function seriesChannels(
  series: readonly Series[],
  labelOf: (series: Series) => string,
  place: LegendPlace = 'below',
) {
  const domain = series.map(labelOf);
  const label = { field: 'label', type: 'ordinal', sort: domain, legend: legends[place] } as const;
  return {
    color: { ...label, scale: { domain, range: series.map(({ color }) => color) } },
    strokeDash: {
      ...label,
      scale: { domain, range: series.map(({ dash }) => (dash.length === 0 ? [1, 0] : [...dash])) },
    },
    strokeWidth: { ...label, scale: { domain, range: series.map(({ width }) => width) } },
  } as const;
}

/** The intervals round the lines of a chart, from the fields `low` to `high`; the legend is the lines' own. */
export function band(
  series: readonly Series[],
  labelOf: (series: Series) => string,
  place: LegendPlace = 'below',
) {
  return {
    mark: { type: 'area', opacity: 0.16, clip: true },
    encoding: {
      y: { field: 'low', type: 'quantitative' },
      y2: { field: 'high' },
      color: seriesChannels(series, labelOf, place).color,
    },
  } as const;
}

const symbols = {
  title: null,
  direction: 'vertical',
  symbolType: 'stroke',
  symbolOpacity: 1,
  symbolSize: 600,
  labelOffset: 8,
  labelLimit: 460,
} as const;

const legends = {
  below: { ...symbols, orient: 'bottom', columns: 1, offset: 14 },
  within: { ...symbols, orient: 'top-right', offset: 4 },
} as const;
