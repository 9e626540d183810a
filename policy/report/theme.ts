import type { Config } from 'vega-lite';

/** Colours that stay apart for colour-blind readers and in grey print (Okabe and Ito 2008, and neutral greys). */
export const colors = {
  ink: '#1f2933',
  muted: '#616e7c',
  grid: '#e4e7eb',
  good: '#0072b2',
  bad: '#d55e00',
  neutral: '#b8c0c8',
  pale: '#9ccbe8',
} as const;

/** For things without an order, told apart by colour-blind readers as well (Okabe and Ito 2008); the first stand out most. */
export const nominalColors = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#56b4e9',
  '#e69f00',
  '#5b5b5b',
] as const;

/** Dark to light, evenly spaced to the eye (viridis without its palest end): an order that also prints in grey. */
const ladder = ['#440154', '#46327e', '#365c8d', '#277f8e', '#1fa187', '#4ac16d', '#a0da39'] as const;

/** `count` colours for things that have an order, as far from each other as there is room for. */
export function orderedColors(count: number): string[] {
  const last = ladder.length - 1;
  return Array.from({ length: count }, (_, index) => {
    const position = count === 1 ? 2 : Math.round((index * last) / (count - 1));
    return ladder[Math.min(last, position)]!;
  });
}

const font = 'Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif';

/** How every chart of the project looks. */
export const chartConfig: Config = {
  background: 'white',
  padding: 20,
  font,
  view: { stroke: null },
  title: {
    anchor: 'start',
    color: colors.ink,
    fontSize: 17,
    fontWeight: 600,
    subtitleColor: colors.muted,
    subtitleFontSize: 12.5,
    subtitlePadding: 6,
    offset: 18,
  },
  axis: {
    domainColor: colors.neutral,
    gridColor: colors.grid,
    tickColor: colors.neutral,
    labelColor: colors.muted,
    labelFontSize: 11.5,
    titleColor: colors.ink,
    titleFontSize: 12,
    titleFontWeight: 500,
    titlePadding: 10,
  },
  axisY: { domain: false, ticks: false, labelPadding: 6 },
  axisX: { grid: false, labelPadding: 4 },
  legend: {
    labelColor: colors.ink,
    labelFontSize: 12,
    titleColor: colors.ink,
    titleFontSize: 12,
    titleFontWeight: 500,
    labelLimit: 320,
    symbolSize: 130,
    rowPadding: 5,
    offset: 24,
  },
};
