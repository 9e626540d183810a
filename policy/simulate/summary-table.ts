import { formatCount, formatMs } from '../report/format.ts';
import { mean } from '../report/statistics.ts';
import { type Column, renderTable } from '../report/table.ts';
import { engineDefaults } from '../simulator/engine.ts';
import type { Simulation } from './simulate.ts';
import type { Spread } from './summary.ts';

const columns: readonly Column[] = [
  { heading: '', align: 'left' },
  { heading: 'mean', align: 'right' },
  { heading: 'p50', align: 'right' },
  { heading: 'p99', align: 'right' },
];

const measuredColumns: readonly Column[] = [
  { heading: 'measured mean', align: 'right' },
  { heading: 'error', align: 'right' },
];

/** The report for a person. */
export function simulationReport(simulation: Simulation): string {
  const { summary, measured } = simulation;
  const { errorsPct } = summary;
  const row = (name: string, spread: Spread, measuredMs: readonly number[], errorPct: number | undefined) => [
    name,
    ...[spread.mean, spread.p50, spread.p99].map(formatMs),
    ...(errorsPct === undefined ? [] : [formatMs(mean(measuredMs)), formatError(errorPct)]),
  ];
  const table = renderTable(errorsPct === undefined ? columns : [...columns, ...measuredColumns], [
    row('TTFT', summary.ttftMs, measured.ttftMs, errorsPct?.ttftMean),
    row('TPOT', summary.tpotMs, measured.tpotMs, errorsPct?.tpotMean),
    row('end to end', summary.e2eMs, measured.e2eMs, errorsPct?.e2eMean),
  ]);
  return `${engineLine(simulation)}\n\n${table}\n\n${speedLine(simulation)}\n`;
}

/** What was simulated, with every setting that the files or the defaults decided. */
function engineLine({ engine }: Simulation): string {
  const { coefficients, maxNumSeqs, tokenBudget } = { ...engineDefaults, ...engine };
  const { overheadMs = coefficients.overheadMs, kvTokens = coefficients.kvTokens } = engine;
  return [
    coefficients.name,
    `${formatCount(maxNumSeqs)} sequences at most`,
    `${formatCount(tokenBudget)} tokens a step`,
    `${overheadMs} ms overhead`,
    kvTokens === Number.POSITIVE_INFINITY ? 'KV cache without limit' : `KV cache of ${formatCount(kvTokens)}`,
  ].join(', ');
}

function speedLine({ summary, preemptions, cpuMs }: Simulation): string {
  const perSecond = formatCount(Math.round(summary.simulatedRequestsPerSecond));
  return (
    `${formatCount(summary.requests)} requests simulated in ${formatMs(cpuMs)} of CPU time (${perSecond} per second), ` +
    `${formatCount(preemptions)} preemptions`
  );
}

function formatError(pct: number | undefined): string {
  if (pct === undefined) return '–';
  return `${pct < 0 ? '−' : '+'}${Math.abs(pct).toFixed(1)} %`;
}
