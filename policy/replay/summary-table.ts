import { requestClasses } from '../../src/routing/catalogue.ts';
import { formatCount, formatMs, formatShare } from '../report/format.ts';
import type { Percentiles } from '../report/statistics.ts';
import { type Column, renderTable, type TableRow } from '../report/table.ts';
import type { Judged } from './recorder.ts';
import { groupBy, type Measures, measure } from './summary.ts';

const columns: readonly Column[] = [
  { heading: '\nclass', align: 'left' },
  { heading: '\nvariant', align: 'left' },
  { heading: '\nrequests', align: 'right' },
  { heading: '\non time', align: 'right' },
  { heading: '\nutility', align: 'right' },
  { heading: 'TTFT\np50', align: 'right' },
  { heading: '\np95', align: 'right' },
  { heading: '\np99', align: 'right' },
  { heading: 'TPOT\np50', align: 'right' },
  { heading: '\np95', align: 'right' },
  { heading: '\np99', align: 'right' },
  { heading: '\nshed', align: 'right' },
  { heading: '\nfailed', align: 'right' },
];

/** The report's table: a row per class and variant, one per class, one for all. */
export function summaryTable(judged: readonly Judged[]): string {
  const rows: TableRow[] = [];
  for (const name of requestClasses) {
    const ofClass = judged.filter((one) => one.class === name);
    if (ofClass.length > 0) rows.push(...classRows(name, ofClass), 'rule');
  }
  rows.push(row('all', '', measure(judged)));
  return renderTable(columns, rows);
}

function classRows(name: string, judged: readonly Judged[]): TableRow[] {
  const groups = groupBy(judged, (one) => one.route.variant ?? '(none)');
  const rows = [...groups].map(([variant, group]) => row(name, variant, measure(group)));
  return groups.size === 1 ? rows : [...rows, row(name, 'together', measure(judged))];
}

function row(name: string, variant: string, measures: Measures): TableRow {
  return [
    name,
    variant,
    formatCount(measures.requests),
    formatShare(measures.onTimeShare),
    formatShare(measures.utility),
    ...latencies(measures.ttftMs),
    ...latencies(measures.tpotMs),
    formatCount(measures.shed),
    formatCount(measures.failed),
  ];
}

function latencies({ p50, p95, p99 }: Percentiles): string[] {
  return [formatMs(p50), formatMs(p95), formatMs(p99)];
}
