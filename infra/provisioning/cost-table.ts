import { renderTable } from '../../policy/report/table.ts';
import { type CostLine, total } from '../cost/estimate.ts';

/** The estimate as a person reads it. */
export function costTable(lines: readonly CostLine[]): string {
  const row = ({ what, least, most }: CostLine) => [what, dollars(least), dollars(most)];
  return renderTable(
    [
      { heading: 'US dollars a month', align: 'left' },
      { heading: 'at least', align: 'right' },
      { heading: 'at most', align: 'right' },
    ],
    [...lines.map(row), 'rule', row(total(lines))],
  );
}

function dollars(amount: number): string {
  return amount.toLocaleString('en-US', { maximumFractionDigits: 0 });
}
