import type { TopLevelSpec } from 'vega-lite';
import { formatCount } from '../../report/format.ts';
import { colors } from '../../report/theme.ts';
import { CARRIED_SHARE } from '../availability.ts';
import type { FleetAvailability, OnTimeCurve } from './document.ts';
import { type Series, seriesChannels, seriesFor, shortName } from './series.ts';

/** The on-time share over the offered rate, and where it falls below what counts as available. */
export function availabilityChart(
  curve: OnTimeCurve,
  found: FleetAvailability,
  { focus, seeds }: { focus: string; seeds: number },
): TopLevelSpec {
  const series = seriesFor([...new Set(curve.points.map(({ scorer }) => scorer))], focus);
  const label = ({ scorer }: Series) => `${shortName(scorer)} · ${availability(found, scorer)}`;
  const labels = new Map(series.map((own) => [own.scorer, label(own)]));
  const values = curve.points.map(({ scorer, ratePerSecond, onTime }) => ({
    ratePerSecond,
    label: labels.get(scorer),
    mean: onTime.mean,
    low: onTime.low ?? onTime.mean,
    high: onTime.high ?? onTime.mean,
  }));
  const x = {
    field: 'ratePerSecond',
    type: 'quantitative',
    scale: { type: 'log', nice: false },
    axis: { title: 'offered rate, requests/s (log scale)', values: ticks, format: ',d' },
  } as const;
  return {
    title: {
      text: 'Availability: how far the rate can rise before requests are late',
      subtitle: [
        `Fleet ${curve.fleet}, workload stable, ${curve.durationS} s a run; mean over ${seeds} seeds, 95 % band`,
        'Legend: largest rate with at least 99 % of requests on time, and how many times that of static-large it is',
      ],
    },
    width: 760,
    height: 320,
    layer: [
      {
        data: { values },
        mark: { type: 'area', opacity: 0.18, clip: true },
        encoding: {
          x,
          y: { field: 'low', type: 'quantitative' },
          y2: { field: 'high' },
          color: seriesChannels(series, label).color,
        },
      },
      {
        data: { values },
        mark: { type: 'line', clip: true, point: { size: 18, filled: true } },
        encoding: {
          x,
          y: {
            field: 'mean',
            type: 'quantitative',
            scale: { domain: [0.5, 1], nice: false },
            axis: { title: 'requests on time', format: '.0%', tickCount: 6 },
          },
          ...seriesChannels(series, label),
        },
      },
      {
        data: { values: [{ share: CARRIED_SHARE }] },
        mark: { type: 'rule', color: colors.ink, strokeDash: [2, 2] },
        encoding: { y: { field: 'share', type: 'quantitative' } },
      },
    ],
  };
}

const ticks = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000];

function availability({ results }: FleetAvailability, name: string): string {
  const result = results.find(({ scorer }) => scorer === name);
  if (result === undefined) return '–';
  const rate = formatCount(Math.round(result.availabilityRps.mean));
  return `${rate}/s (${result.timesStaticLarge.mean.toFixed(1)} ×)`;
}
