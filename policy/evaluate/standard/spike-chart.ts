import type { TopLevelSpec } from 'vega-lite';
import { formatShare } from '../../report/format.ts';
import { mean } from '../../report/statistics.ts';
import { colors } from '../../report/theme.ts';
import type { Spike } from './document.ts';
import { type Series, seriesChannels, seriesFor, shortName } from './series.ts';

const width = 760;

/** Utility second by second while the load rises to six times itself and falls again, over the offered rate. */
export function spikeChart(spike: Spike, { focus, seeds }: { focus: string; seeds: number }): TopLevelSpec {
  const x = {
    field: 'second',
    type: 'quantitative',
    scale: { domain: [0, spike.offered.length] as number[], nice: false },
  } as const;
  const series = seriesFor(
    spike.series.map(({ scorer }) => scorer),
    focus,
  );
  const label = ({ scorer }: Series) => `${shortName(scorer)} · ${formatShare(meanUtility(spike, scorer))}`;
  return {
    title: {
      text: 'A spike: who keeps answering well',
      subtitle: `Fleet ${spike.fleet}, workload ${spike.workload}; each second is the mean over ${seeds} seeds`,
    },
    spacing: 22,
    vconcat: [
      {
        ...panel('Utility of the requests that arrive in each second (legend: mean over all requests)', 260),
        data: { values: utilityRows(spike, series, label) },
        mark: { type: 'line', clip: true },
        encoding: {
          x: { ...x, axis: { title: null, labels: false } },
          y: {
            field: 'utility',
            type: 'quantitative',
            scale: { domain: [0, 1] },
            axis: { title: 'share of peak', format: '.0%', tickCount: 5 },
          },
          ...seriesChannels(series, label),
        },
      },
      {
        ...panel('Offered rate', 80),
        data: { values: spike.offered.map((rate, index) => ({ second: index + 0.5, rate })) },
        mark: { type: 'area', color: colors.neutral, interpolate: 'step' },
        encoding: {
          x: { ...x, axis: { title: 'seconds since the start' } },
          y: { field: 'rate', type: 'quantitative', axis: { title: 'requests/s', tickCount: 4 } },
        },
      },
    ],
  };
}

function utilityRows(spike: Spike, series: readonly Series[], label: (series: Series) => string) {
  return spike.series.flatMap(({ utility }, row) =>
    utility.map((value, index) => ({ second: index + 0.5, utility: value.mean, label: label(series[row]!) })),
  );
}

/** Of all requests: busy seconds count for more. */
function meanUtility({ offered, series }: Spike, name: string): number {
  const { utility } = series.find(({ scorer }) => scorer === name)!;
  const weighted = utility.map((value, index) => value.mean * offered[index]!);
  return mean(weighted)! / mean(offered)!;
}

function panel(title: string, height: number) {
  return {
    width,
    height,
    title: { text: title, frame: 'group', fontSize: 12.5, fontWeight: 600, offset: 10 },
  } as const;
}
