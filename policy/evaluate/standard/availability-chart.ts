import type { TopLevelSpec } from 'vega-lite';
import { formatCount } from '../../report/format.ts';
import { colors } from '../../report/theme.ts';
import { CARRIED_SHARE } from '../availability.ts';
import type { FleetAvailability, OnTimeCurve } from './document.ts';
import { band, type Series, seriesChannels, seriesFor, shortName } from './series.ts';

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
  const bands = band(series, label);
  const scale = { domain: [LEAST_SHOWN, 1] as number[], nice: false };
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
        `Fleet ${curve.fleet}, workload stable, ${curve.durationS} s a run; means over ${seeds} seeds, 95 % bands`,
        'Below: the largest rate with 99 % of requests on time,',
        'and how many times that of static-large it is',
      ],
    },
    width: 760,
    height: 320,
    layer: [
      {
        data: { values },
        mark: bands.mark,
        encoding: { ...bands.encoding, x, y: { ...bands.encoding.y, scale } },
      },
      {
        data: { values },
        mark: { type: 'line', clip: true, point: { size: 18, filled: true } },
        encoding: {
          x,
          y: {
            field: 'mean',
            type: 'quantitative',
            scale,
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
      {
        data: { values: [{ share: CARRIED_SHARE, text: '99 % on time: available' }] },
        mark: {
          type: 'text',
          align: 'left',
          baseline: 'top',
          dx: 6,
          dy: 5,
          color: colors.ink,
          fontSize: 11.5,
        },
        encoding: { x: { value: 0 }, y: { field: 'share', type: 'quantitative' }, text: { field: 'text' } },
      },
    ],
  };
}

/** Below half on time nobody is interested in how much. */
const LEAST_SHOWN = 0.5;
const ticks = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000];

function availability({ results }: FleetAvailability, name: string): string {
  const result = results.find(({ scorer }) => scorer === name);
  if (result === undefined) return '–';
  const rate = formatCount(Math.round(result.availabilityRps.mean));
  return `${rate}/s (${result.timesStaticLarge.mean.toFixed(1)} ×)`;
}
