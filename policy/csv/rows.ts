import { readFileSync, statSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { CsvError, shown } from './csv-error.ts';

/** Largest file read: all of it is held in memory, at some ten times its size on disk. */
const mostBytes = 256 * 1024 ** 2;

/**
 * A file's text, without the byte order mark that some editors begin it with.
 * @throws CsvError when there is no such file, too much of it, or it cannot be read
 */
export function readText(file: string): string {
  const fault = (why: string) => new CsvError(file, [`${file}: ${why}`]);
  try {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats === undefined) throw fault('no such file');
    if (!stats.isFile()) throw fault('not a file');
    if (stats.size > mostBytes) throw fault(`${stats.size} bytes, more than the ${mostBytes} that are read`);
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    if (error instanceof CsvError) throw error;
    throw fault(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export interface Row {
  /** Of its end in the file, counted from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** Each row may end its own way; left to find out, the parser takes the first one's for all, and counts lines wrong. */
const lineEnds = ['\r\n', '\n', '\r'];

/**
 * The rows of a CSV text, its header the first. Empty lines at the end are no rows; any other one is, of one empty cell.
 * `file` is what messages call it.
 * @throws CsvError for a text that is no CSV
 */
export function parseRows(text: string, file: string): Row[] {
  const rows: Row[] = [];
  try {
    parse(text.trimEnd(), {
      bom: true,
      record_delimiter: lineEnds,
      relax_column_count: true,
      on_record: (cells: string[], { lines }) => {
        rows.push({ line: lines, cells });
        return null;
      },
    });
  } catch (error) {
    throw new CsvError(file, [`${file}: ${error instanceof Error ? error.message : String(error)}`]);
  }
  return rows;
}

/**
 * The columns that a header names.
 * @throws CsvError when it names one twice
 */
export function columnNames(header: Row, file: string): string[] {
  const names = header.cells.map((name) => name.trim());
  const duplicate = names.find((name, index) => names.indexOf(name) !== index);
  if (duplicate === undefined) return names;
  throw new CsvError(file, [`${file}:${header.line}: column ${shown(duplicate)} appears twice`]);
}

/** What is wrong with a row that has not a cell for every column; nothing when it has. */
export function cellCountFault(row: Row, header: readonly string[], file: string): string | undefined {
  const { line, cells } = row;
  if (cells.length === header.length) return undefined;
  const got = cells.length === 1 && cells[0] === '' ? 'an empty line' : `${cells.length}`;
  return `${file}:${line}: expected ${header.length} cells (${header.join(', ')}), got ${got}`;
}
