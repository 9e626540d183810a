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

/** Encodes the field `label` with the colour and dash of each series. */
export function seriesChannels(series: readonly Series[], labelOf: (series: Series) => string) {
  const domain = series.map(labelOf);
  const legend = {
    title: null,
    symbolType: 'stroke',
    symbolStrokeWidth: 2.5,
    symbolSize: 500,
    symbolOffset: 4,
  } as const;
  return {
    color: {
      field: 'label',
      type: 'nominal',
      scale: { domain, range: series.map(({ color }) => color) },
      legend,
    },
    strokeDash: {
      field: 'label',
      type: 'nominal',
      scale: { domain, range: series.map(({ dash }) => (dash.length === 0 ? [1, 0] : [...dash])) },
      legend,
    },
    strokeWidth: {
      field: 'label',
      type: 'nominal',
      scale: { domain, range: series.map(({ width }) => width) },
      legend: null,
    },
  } as const;
}
