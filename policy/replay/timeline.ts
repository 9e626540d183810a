import { quantile } from '../report/statistics.ts';
import type { Judged } from './recorder.ts';

/** What became of a request, for a chart: the variant that answered, or why none did. */
export const shedSeries = 'shed';
export const failedSeries = 'failed';

/** The requests that were sent within one stretch of time. */
export interface Bin {
  readonly fromS: number;
  readonly toS: number;
  /** Requests per second by series. */
  readonly rates: Readonly<Record<string, number>>;
  /** Absent where nothing was sent. */
  readonly onTimeShare: number | null;
  readonly ttftP50Ms: number | null;
  readonly ttftP95Ms: number | null;
}

/** Widths a person can count in, in seconds. */
const widths = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600] as const;
/** More bins than this are thinner than the eye needs; fewer hide what happened. */
const mostBins = 90;
const fewestBins = 24;
/** Between these bounds: few enough that the percentile of one means something. */
const requestsPerBin = 6;

/** What happened over time, by the moment of sending, from the start to the last request without a hole. */
export function timeline(judged: readonly Judged[]): Bin[] {
  const widthS = binWidthS(judged);
  const byBin = Map.groupBy(judged, (one) => Math.floor(one.sentAtMs / 1000 / widthS));
  const count = Math.max(-1, ...byBin.keys()) + 1;
  return Array.from({ length: count }, (_, index) => bin(byBin.get(index) ?? [], index * widthS, widthS));
}

/** The series a request belongs to. */
export function seriesOf({ outcome, route }: Judged): string {
  if (outcome.kind === 'shed') return shedSeries;
  return outcome.kind === 'failed' ? failedSeries : (route.variant ?? failedSeries);
}

function binWidthS(judged: readonly Judged[]): number {
  const lengthS = judged.reduce((latest, one) => Math.max(latest, one.sentAtMs), 0) / 1000;
  const bins = Math.min(mostBins, Math.max(fewestBins, judged.length / requestsPerBin));
  return widths.find((width) => lengthS / width <= bins) ?? widths.at(-1)!;
}

function bin(group: readonly Judged[], fromS: number, widthS: number): Bin {
  const ttfts = group.flatMap(({ outcome }) => (outcome.kind === 'answered' ? [outcome.ttftMs] : []));
  const ascending = ttfts.toSorted((a, b) => a - b);
  const rates = [...Map.groupBy(group, seriesOf)].map(
    ([name, part]) => [name, part.length / widthS] as const,
  );
  return {
    fromS,
    toS: fromS + widthS,
    rates: Object.fromEntries(rates),
    onTimeShare: group.length === 0 ? null : group.filter((one) => one.onTime).length / group.length,
    ttftP50Ms: quantile(ascending, 0.5),
    ttftP95Ms: quantile(ascending, 0.95),
  };
}
