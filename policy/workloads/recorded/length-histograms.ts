import { type Cell, numberCell, wholeNumberCell } from '../../csv/cell.ts';
import { CsvError, shown } from '../../csv/csv-error.ts';
import { cellCountFault, columnNames, parseRows, type Row, readText } from '../../csv/rows.ts';
import { histogramTokens, independent, type JointLengths, type LengthBin } from '../lengths.ts';

const columns = ['field', 'lo', 'hi_exclusive', 'prob'] as const;
const fields = ['input_tokens', 'output_tokens'] as const;
type Field = (typeof fields)[number];

/** Longest prompt or answer believed. */
const mostTokens = 10_000_000;

const fieldCell: Cell<Field> = {
  expected: fields.join(' or '),
  read: (text) => fields.find((field) => field === text),
};
const lowCell = wholeNumberCell(0, mostTokens);
const highCell = wholeNumberCell(1, mostTokens);
const probabilityCell = numberCell('a number from 0 to 1', (value) => value >= 0 && value <= 1);

/**
 * Reads ServeGen's length histograms: rows `field,lo,hi_exclusive,prob`, the field `input_tokens` or `output_tokens`.
 * They are published apart, so prompt and output are drawn apart.
 * @throws CsvError with every row that is not as described
 */
export function readLengthHistograms(file: string): JointLengths {
  const [header, ...rows] = parseRows(readText(file), file);
  const names = header && columnNames(header, file);
  if (names?.join() !== columns.join())
    throw new CsvError(file, [`${file}:1: expected ${columns.join()}, got ${shown(names?.join() ?? '')}`]);
  const faults: string[] = [];
  const bins = rows.flatMap((row) => readBin(row, file, faults) ?? []);
  const binsOf = (field: Field) => bins.filter((bin) => bin.field === field);
  for (const field of fields)
    if (!binsOf(field).some(({ probability }) => probability > 0))
      faults.push(`${file}: ${field}: no bin of positive probability`);
  if (faults.length > 0) throw new CsvError(file, faults);
  return independent(histogramTokens(binsOf('input_tokens')), histogramTokens(binsOf('output_tokens')));
}

/** The row's bin, or nothing when it has a fault. */
function readBin(
  row: Row,
  file: string,
  faults: string[],
): (LengthBin & { readonly field: Field }) | undefined {
  const faultsBefore = faults.length;
  const wrongCount = cellCountFault(row, columns, file);
  if (wrongCount !== undefined) {
    faults.push(wrongCount);
    return undefined;
  }
  const read = <T>(column: (typeof columns)[number], cell: Cell<T>): T | undefined => {
    const text = row.cells[columns.indexOf(column)]!.trim();
    const value = cell.read(text);
    if (value === undefined)
      faults.push(`${file}:${row.line}: ${column}: expected ${cell.expected}, got ${shown(text)}`);
    return value;
  };
  const field = read('field', fieldCell);
  const low = read('lo', lowCell);
  const highExclusive = read('hi_exclusive', highCell);
  const probability = read('prob', probabilityCell);
  if (low !== undefined && highExclusive !== undefined && highExclusive <= low)
    faults.push(`${file}:${row.line}: hi_exclusive: expected more than lo, ${low}, got "${highExclusive}"`);
  if (faults.length > faultsBefore) return undefined;
  return { field: field!, low: low!, highExclusive: highExclusive!, probability: probability! };
}
