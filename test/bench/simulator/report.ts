import { formatCount, formatMs } from '../../../policy/report/format.ts';
import { type Column, renderTable } from '../../../policy/report/table.ts';
import type { Spread, Summary } from '../../../policy/simulate/summary.ts';
import type { Figures } from './rounds.ts';

/** What a simulator says of the requests that all of them served. */
export type Told = Pick<Summary, 'ttftMs' | 'tpotMs' | 'e2eMs'>;

export interface Report {
  readonly rounds: number;
  /** Load average of the machine when the run began: above zero, somebody else was at work. */
  readonly loadAverage: number;
  readonly figures: readonly Figures[];
  /** How many times the CPU time inference-lab takes for the same requests. */
  readonly ratio?: number;
  readonly told: Readonly<Record<string, Told>>;
  /** Parts that could not run, and why. */
  readonly missing: readonly string[];
}

const speedColumns: readonly Column[] = [
  { heading: '', align: 'left' },
  { heading: 'requests', align: 'right' },
  { heading: 'per second and core', align: 'right' },
  { heading: 'CPU µs each', align: 'right' },
  { heading: 'wall µs each', align: 'right' },
];

const toldColumns: readonly Column[] = [
  { heading: '', align: 'left' },
  ...['TTFT', 'TPOT', 'end to end'].flatMap((name) =>
    ['mean', 'p50', 'p99'].map((figure): Column => ({ heading: `${name}\n${figure}`, align: 'right' })),
  ),
];

/** The report for a person. */
export function formatReport(report: Report): string {
  const sections = [
    'Speed on one simulated H100 with Llama 3.1 8B, medians of ' +
      `${report.rounds} rounds (load average at the start ${report.loadAverage.toFixed(1)})`,
    renderTable(speedColumns, report.figures.map(speedRow)),
    ...(report.ratio === undefined
      ? []
      : [
          `inference-lab takes ${report.ratio.toFixed(0)} times the CPU time for the same requests.`,
          'What each says of them',
          renderTable(toldColumns, Object.entries(report.told).map(toldRow)),
          'The package cannot be given recorded requests. It draws its own, to the shape of the Azure conversation\n' +
            'trace, and this simulator then serves exactly those. Batch, token budget, KV cache and blocks are the\n' +
            'same; step times are its own model, a roofline of the data sheet, which knows no overheads.',
        ]),
    ...report.missing,
  ];
  return `${sections.join('\n\n')}\n`;
}

function speedRow({
  name,
  requests,
  requestsPerSecond,
  wallUsPerRequest,
  cpuUsPerRequest,
}: Figures): string[] {
  return [
    name,
    formatCount(requests),
    formatCount(Math.round(requestsPerSecond)),
    cpuUsPerRequest.toFixed(2),
    wallUsPerRequest.toFixed(2),
  ];
}

function toldRow([name, { ttftMs, tpotMs, e2eMs }]: [string, Told]): string[] {
  const cells = (spread: Spread) => [spread.mean, spread.p50, spread.p99].map(formatMs);
  return [name, ...cells(ttftMs), ...cells(tpotMs), ...cells(e2eMs)];
}
