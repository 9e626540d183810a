import { formatCount } from '../report/format.ts';
import { type Column, renderTable } from '../report/table.ts';
import type { TraceResult } from './lengths.ts';
import type { Score } from './score.ts';

const headings = ['', 'MAE', 'RMSE', 'log error', 'pinball', 'cover 0.1', '0.5', '0.9', 'τ'];

function cellsOf(score: Score): string[] {
  const { predictor, absoluteError, squareError, logError, pinball, coverage, kendallTau } = score;
  return [
    predictor,
    absoluteError.toFixed(1),
    squareError.toFixed(1),
    logError.toFixed(2),
    pinball.toFixed(2),
    ...coverage.map((share) => share.toFixed(2)),
    kendallTau.toFixed(2),
  ];
}

function titleOf({ trace, trained, tested }: TraceResult): string {
  return `${trace}: taught ${formatCount(trained)} requests, tested on the ${formatCount(tested)} after them`;
}

/** The tables for a terminal. */
export function lengthsTables(results: readonly TraceResult[]): string {
  const columns: Column[] = headings.map((heading, index) => ({
    heading,
    align: index === 0 ? 'left' : 'right',
  }));
  const tables = results.map(
    (result) => `${titleOf(result)}\n\n${renderTable(columns, result.scores.map(cellsOf))}\n`,
  );
  return tables.join('\n');
}

/** The tables as a document. */
export function lengthsMarkdown(results: readonly TraceResult[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const tables = results.map(
    (result) =>
      `## ${titleOf(result)}\n\n${row(headings)}${row(headings.map((_, index) => (index === 0 ? '---' : '---:')))}${result.scores
        .map((score) => row(cellsOf(score)))
        .join('')}`,
  );
  return `# Output lengths, predicted

By \`npm run lengths -- --write\`, from the Azure LLM inference traces of 2023: each is taught its first half and tested on
its second. All a trace tells of a request is the length of its prompt; client, template and \`max_tokens\`, which
the gateway knows as well, are not in it. MAE, RMSE and pinball loss are in tokens; log error is the root of the mean square of
ln(actual ÷ predicted); the quantiles 0.1, 0.5 and 0.9 should cover these shares of the answers; τ is Kendall's τ-b.
A constant orders nothing: its τ is 0. “Learning on” is told every length right after it was asked for it, where a
gateway is told when the answer ends.

${tables.join('\n')}`;
}
