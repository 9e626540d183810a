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

/** Encodes the field `label` with the colour, dash and width of each series. */
export function seriesChannels(series: readonly Series[], labelOf: (series: Series) => string) {
  const domain = series.map(labelOf);
  const label = { field: 'label', type: 'ordinal', sort: domain, legend } as const;
  return {
    color: { ...label, scale: { domain, range: series.map(({ color }) => color) } },
    strokeDash: {
      ...label,
      scale: { domain, range: series.map(({ dash }) => (dash.length === 0 ? [1, 0] : [...dash])) },
    },
    strokeWidth: { ...label, scale: { domain, range: series.map(({ width }) => width) } },
  } as const;
}

const legend = {
  title: null,
  orient: 'bottom',
  direction: 'vertical',
  columns: 2,
  columnPadding: 28,
  offset: 14,
  symbolType: 'stroke',
  symbolSize: 600,
  labelOffset: 8,
} as const;
