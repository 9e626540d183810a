import type { Interval } from '../report/statistics.ts';
import { type Column, renderTable } from '../report/table.ts';
import type { Evaluation } from './evaluation.ts';

const left = (heading: string): Column => ({ heading, align: 'left' });

/** The report for a person. */
export function evaluationTable(evaluation: Evaluation): string {
  const { fleet, workload, conditions, seeds, results, paired } = evaluation;
  const under = conditions === undefined ? '' : `, conditions ${conditions}`;
  const hasAvailability = results.some(({ availabilityRps }) => availabilityRps !== undefined);
  const columns = [
    ...['scorer', 'utility', 'on time', 'f96', 'f98', 'utility per GPU', 'shed'].map(left),
    ...(hasAvailability ? [left('availability, requests/s')] : []),
  ];
  const rows = results.map((result) => [
    result.scorer,
    ...[result.utility, result.onTime, result.f96, result.f98, result.utilityPerGpu, result.shed].map(
      (value) => formatInterval(value),
    ),
    ...(result.availabilityRps ? [formatInterval(result.availabilityRps, 0)] : []),
  ]);
  const differences = paired.map(({ a, b, utilityDifference }) => [
    `${a} − ${b}`,
    formatInterval(utilityDifference, 4),
  ]);
  const parts = [
    `${fleet}, ${workload}${under}: means over ${seeds} seeds with 95 % intervals`,
    renderTable(columns, rows),
    ...(differences.length === 0
      ? []
      : [renderTable([left('on the same requests'), left('difference of utility')], differences)]),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** `0.939 [0.921, 0.957]`; without bounds where there are none. */
export function formatInterval({ mean, low, high }: Interval, digits = 3): string {
  const shown = (value: number) => value.toFixed(digits).replace('-', '−');
  return low === null || high === null ? shown(mean) : `${shown(mean)} [${shown(low)}, ${shown(high)}]`;
}
