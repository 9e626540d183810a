/** One column of a table: its heading (a newline puts the rest on a second line) and its side. */
export interface Column {
  readonly heading: string;
  readonly align: 'left' | 'right';
}

/** Rows of text between rules; a `rule` is a line across. */
export type TableRow = readonly string[] | 'rule';

const gap = '  ';

/** A table in plain text, as wide as its contents. */
export function renderTable(columns: readonly Column[], rows: readonly TableRow[]): string {
  const headings = headingRows(columns);
  const texts = [...headings, ...rows.filter((row) => row !== 'rule')];
  const widths = columns.map((_, index) => Math.max(...texts.map((row) => row[index]?.length ?? 0)));
  const rule = widths.map((width) => '─'.repeat(width)).join('─'.repeat(gap.length));
  const line = (cells: readonly string[]) =>
    columns
      .map(({ align }, index) =>
        align === 'left' ? cells[index]!.padEnd(widths[index]!) : cells[index]!.padStart(widths[index]!),
      )
      .join(gap)
      .trimEnd();
  return [...headings.map(line), rule, ...rows.map((row) => (row === 'rule' ? rule : line(row)))].join('\n');
}

function headingRows(columns: readonly Column[]): string[][] {
  const lines = columns.map((column) => column.heading.split('\n'));
  const height = Math.max(...lines.map((heading) => heading.length));
  return Array.from({ length: height }, (_, row) => lines.map((heading) => heading[row] ?? ''));
}
