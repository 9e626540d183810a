import type { Cell } from '../csv/cell.ts';
import { CsvError, shown } from '../csv/csv-error.ts';
import { cellCountFault, columnNames, parseRows, type Row, readText } from '../csv/rows.ts';
import type { MeasuredTimes, RecordedRequest } from './request.ts';
import { durationCell, tokensCell } from './trace-cells.ts';
import { requiredColumns, type TraceFormat, traceFormats } from './trace-format.ts';

/** What else is wrong with a request, for somebody who cannot serve every one; undefined when nothing is. */
export type RequestCheck = (request: RecordedRequest) => string | undefined;

const acceptAny: RequestCheck = () => undefined;

/**
 * Reads a trace: an `AzureLLMInferenceTrace` file, or any file with the columns
 * `arrival_ms,input_tokens,output_tokens[,ttft_ms][,e2e_ms]`. Throws `CsvError` with every fault of the file, those that
 * `check` finds among them: a row is never skipped or mended.
 */
export function readTrace(file: string, check = acceptAny): RecordedRequest[] {
  return parseTrace(readText(file), file, check);
}

/** As `readTrace`, over text at hand; `file` is what messages call it. */
export function parseTrace(text: string, file: string, check = acceptAny): RecordedRequest[] {
  const [header, ...rows] = parseRows(text, file);
  if (header === undefined) throw new CsvError(file, [`${file}:1: empty: no header and no requests`]);
  const reader = new RowReader(file, columnNames(header, file), check);
  const requests = rows.flatMap((row) => reader.read(row) ?? []);
  if (rows.length === 0) reader.faults.push(`${file}:${header.line}: no requests after the header`);
  if (reader.faults.length > 0) throw new CsvError(file, reader.faults);
  return requests;
}

/** Reads the rows of one file and gathers their faults. */
class RowReader {
  readonly faults: string[] = [];
  readonly #file: string;
  readonly #header: readonly string[];
  readonly #format: TraceFormat;
  readonly #check: RequestCheck;
  #origin: bigint | undefined;
  #previous: { readonly atNs: bigint; readonly line: number; readonly text: string } | undefined;

  constructor(file: string, header: readonly string[], check: RequestCheck) {
    this.#file = file;
    this.#header = header;
    this.#format = formatOf(file, header);
    this.#check = check;
    if (this.#format.arrival.origin === 'zero') this.#origin = 0n;
  }

  /** The row's request, or nothing when it has a fault. */
  read(row: Row): RecordedRequest | undefined {
    const faultsBefore = this.faults.length;
    const wrongCount = cellCountFault(row, this.#header, this.#file);
    if (wrongCount !== undefined) {
      this.faults.push(wrongCount);
      return undefined;
    }
    const { arrival, promptTokens, outputTokens } = this.#format;
    const atNs = this.#cell(row, arrival.column, arrival.cell);
    const request = {
      arrivalMs: this.#arrivalMs(row, atNs),
      promptTokens: this.#cell(row, promptTokens, tokensCell) ?? 0,
      outputTokens: this.#cell(row, outputTokens, tokensCell) ?? 0,
      ...this.#measured(row),
    };
    if (this.faults.length === faultsBefore)
      this.#note(row, impossibleTimes(request) ?? this.#check(request));
    return this.faults.length === faultsBefore ? request : undefined;
  }

  #note(row: Row, fault: string | undefined): void {
    if (fault !== undefined) this.faults.push(`${this.#file}:${row.line}: ${fault}`);
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
    this.#note(row, `${column}: ${message}`);
  }
}

/** The two times of a request may come from two timers, which need not agree to the last digit. */
const timersApartMs = 1;

function impossibleTimes({ measured }: RecordedRequest): string | undefined {
  const { ttftMs = 0, e2eMs = Number.POSITIVE_INFINITY } = measured ?? {};
  return e2eMs < ttftMs - timersApartMs
    ? `the end, after ${e2eMs} ms, is before the first token, after ${ttftMs} ms`
    : undefined;
}

/** The format a header belongs to: the one most of whose columns it has. */
function formatOf(file: string, header: readonly string[]): TraceFormat {
  const missingOf = (format: TraceFormat) => requiredColumns(format).filter((name) => !header.includes(name));
  const best = traceFormats.toSorted((a, b) => missingOf(a).length - missingOf(b).length)[0]!;
  const missing = missingOf(best);
  if (missing.length === 0) return best;
  const known = traceFormats.map((format) => requiredColumns(format).join(',')).join(' or ');
  const columns = missing.map(shown).join(', ');
  throw new CsvError(file, [
    `${file}:1: missing ${missing.length === 1 ? 'column' : 'columns'} ${columns}; expected ${known}, got ${shown(header.join(','))}`,
  ]);
}
