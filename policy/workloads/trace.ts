import { readFileSync, statSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import type { MeasuredTimes, RecordedRequest } from './request.ts';
import { type Cell, durationCell, tokensCell } from './trace-cells.ts';
import { shown, TraceError } from './trace-error.ts';
import { requiredColumns, type TraceFormat, traceFormats } from './trace-format.ts';

/** Largest file read: a trace is held in memory, at some ten times its size on disk. */
const mostBytes = 256 * 1024 ** 2;

/**
 * Reads a trace: an `AzureLLMInferenceTrace` file, or any file with the columns
 * `arrival_ms,input_tokens,output_tokens[,ttft_ms][,e2e_ms]`. Throws `TraceError` with every fault of the file: a row
 * is never skipped or mended.
 */
export function readTrace(file: string): RecordedRequest[] {
  return parseTrace(readText(file), file);
}

/** As `readTrace`, over text at hand; `file` is what messages call it. */
export function parseTrace(text: string, file: string): RecordedRequest[] {
  const [header, ...rows] = csvRows(text, file);
  if (header === undefined) throw new TraceError(file, [`${file}: empty: no header and no requests`]);
  const reader = new RowReader(file, header.cells);
  const requests = rows.flatMap((row) => reader.read(row) ?? []);
  if (rows.length === 0) reader.faults.push(`${file}: no requests after the header`);
  if (reader.faults.length > 0) throw new TraceError(file, reader.faults);
  return requests;
}

function readText(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) throw new TraceError(file, [`${file}: no such file`]);
  if (!stats.isFile()) throw new TraceError(file, [`${file}: not a file`]);
  if (stats.size > mostBytes)
    throw new TraceError(file, [`${file}: ${stats.size} bytes, more than the ${mostBytes} a trace may have`]);
  return readFileSync(file, 'utf8');
}

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

/** The file's rows with their lines. Empty lines at its end are no rows; any other one is, of one empty cell. */
function csvRows(text: string, file: string): Row[] {
  const rows: Row[] = [];
  try {
    parse(text.trimEnd(), {
      bom: true,
      relax_column_count: true,
      on_record: (cells: string[], { lines }) => {
        rows.push({ line: lines, cells });
        return null;
      },
    });
  } catch (error) {
    throw new TraceError(file, [`${file}: ${error instanceof Error ? error.message : String(error)}`]);
  }
  return rows;
}

/** Reads the rows of one file and gathers their faults. */
class RowReader {
  readonly faults: string[] = [];
  readonly #file: string;
  readonly #header: readonly string[];
  readonly #format: TraceFormat;
  #origin: bigint | undefined;
  #previous: { readonly atNs: bigint; readonly line: number; readonly text: string } | undefined;

  constructor(file: string, header: readonly string[]) {
    this.#file = file;
    this.#header = header.map((name) => name.trim());
    this.#format = formatOf(file, this.#header);
    if (this.#format.arrival.origin === 'zero') this.#origin = 0n;
  }

  /** The row's request, or nothing when it has a fault. */
  read(row: Row): RecordedRequest | undefined {
    const faultsBefore = this.faults.length;
    if (!this.#hasEveryCell(row)) return undefined;
    const { arrival, promptTokens, outputTokens } = this.#format;
    const atNs = this.#cell(row, arrival.column, arrival.cell);
    const request = {
      arrivalMs: this.#arrivalMs(row, atNs),
      promptTokens: this.#cell(row, promptTokens, tokensCell) ?? 0,
      outputTokens: this.#cell(row, outputTokens, tokensCell) ?? 0,
      ...this.#measured(row),
    };
    return this.faults.length === faultsBefore ? request : undefined;
  }

  #hasEveryCell(row: Row): boolean {
    const { line, cells } = row;
    if (cells.length === this.#header.length) return true;
    const got = cells.length === 1 && cells[0] === '' ? 'an empty line' : `${cells.length}`;
    this.faults.push(
      `${this.#file}:${line}: expected ${this.#header.length} cells (${this.#header.join(', ')}), got ${got}`,
    );
    return false;
  }

  #cell<T>(row: Row, column: string, cell: Cell<T>): T | undefined {
    const text = this.#text(row, column);
    const value = cell.read(text);
    if (value === undefined) this.#fault(row, column, `expected ${cell.expected}, got ${shown(text)}`);
    return value;
  }

  /** Checks that rows come in order of arrival, and counts from the trace's first instant. */
  #arrivalMs(row: Row, atNs: bigint | undefined): number {
    if (atNs === undefined) return 0;
    const { column } = this.#format.arrival;
    const text = this.#text(row, column);
    const previous = this.#previous;
    if (previous !== undefined && atNs < previous.atNs)
      this.#fault(
        row,
        column,
        `${shown(text)} is earlier than ${shown(previous.text)} on line ${previous.line}`,
      );
    else this.#previous = { atNs, line: row.line, text };
    this.#origin ??= atNs;
    return Number(atNs - this.#origin) / 1e6;
  }

  #measured(row: Row): { measured?: MeasuredTimes } {
    const columns = Object.entries(this.#format.measured).filter(([, column]) =>
      this.#header.includes(column),
    );
    if (columns.length === 0) return {};
    const times: MeasuredTimes = Object.fromEntries(
      columns.map(([name, column]) => [name, this.#cell(row, column, durationCell) ?? 0]),
    );
    return { measured: times };
  }

  #text(row: Row, column: string): string {
    return (row.cells[this.#header.indexOf(column)] ?? '').trim();
  }

  #fault(row: Row, column: string, message: string): void {
    this.faults.push(`${this.#file}:${row.line}: ${column}: ${message}`);
  }
}

/** The format a header belongs to: the one most of whose columns it has. */
function formatOf(file: string, header: readonly string[]): TraceFormat {
  const duplicate = header.find((name, index) => header.indexOf(name) !== index);
  if (duplicate !== undefined)
    throw new TraceError(file, [`${file}:1: column ${shown(duplicate)} appears twice`]);
  const missingOf = (format: TraceFormat) => requiredColumns(format).filter((name) => !header.includes(name));
  const best = traceFormats.toSorted((a, b) => missingOf(a).length - missingOf(b).length)[0]!;
  const missing = missingOf(best);
  if (missing.length === 0) return best;
  const known = traceFormats.map((format) => requiredColumns(format).join(',')).join(' or ');
  const columns = missing.map(shown).join(', ');
  throw new TraceError(file, [
    `${file}:1: missing ${missing.length === 1 ? 'column' : 'columns'} ${columns}; expected ${known}, got ${shown(header.join(','))}`,
  ]);
}
