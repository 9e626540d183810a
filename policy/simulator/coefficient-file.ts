import { CommandError } from '../command-line/command-error.ts';
import type { Cell } from '../csv/cell.ts';
import { CsvError, shown } from '../csv/csv-error.ts';
import { cellCountFault, columnNames, parseRows, type Row, readText } from '../csv/rows.ts';
import { ladderColumns, measuredColumns, optionalColumns } from './coefficient-columns.ts';
import { ladderCoefficients, measuredCoefficients, type StepCoefficients } from './coefficients.ts';
import { engineDefaults } from './engine.ts';
import { linearMs } from './step-time.ts';

/** What a row says of a server: its coefficients, and its limits where the row has them. */
export interface ServerRow {
  readonly coefficients: StepCoefficients;
  readonly maxNumSeqs?: number;
  /** The most new tokens in one step. */
  readonly tokenBudget?: number;
}

/** What taking a power and its root may lose. */
const roundingError = 1e-9;
/** What the server spends beside the GPU on every step, where the row does not say: the benchmark's assumption. */
const defaultOverheadMs = 1;

type Columns = Readonly<Record<string, Cell<number>>>;

/** Some columns' values in one row. */
type Values<C extends Columns> = { readonly [Name in keyof C]: number };

/** A kind of file, recognised by the columns that name its rows. */
interface Kind {
  readonly names: readonly string[];
  readonly columns: Columns;
  readonly read: (row: CoefficientRow) => StepCoefficients;
}

const kinds: readonly Kind[] = [
  { names: ['run'], columns: measuredColumns, read: readMeasured },
  { names: ['gpu', 'model'], columns: ladderColumns, read: readLadder },
];

/**
 * Reads one row of a CSV of step-time coefficients: one whose rows are named by `gpu` and `model`, fitted on kernel
 * times, or one whose rows are named by `run`, fitted on a real server. The header tells which it is.
 * @param asker what asks for the row, for messages
 * @throws CsvError with what is wrong with the file or the row
 * @throws CommandError for a name that no row has, or several; the message lists the known ones
 */
export function readServerRow(file: string, name: string, asker: string): ServerRow {
  return parseServerRow(readText(file), file, name, asker);
}

/** As `readServerRow`, over text at hand; `file` is what messages call it. */
export function parseServerRow(text: string, file: string, name: string, asker: string): ServerRow {
  const [header, ...rows] = parseRows(text, file);
  if (header === undefined) throw new CsvError(file, [`${file}:1: empty: no header and no rows`]);
  const columns = columnNames(header, file);
  const kind = kindOf(columns, file);
  const faults = rows.flatMap((row) => cellCountFault(row, columns, file) ?? []);
  if (faults.length > 0) throw new CsvError(file, faults);
  const nameOf = ({ cells }: Row) =>
    kind.names.map((column) => cells[columns.indexOf(column)]!.trim()).join('/');
  const row = new CoefficientRow(rowNamed(name, { rows, nameOf, file, asker }), columns, file);
  const maxNumSeqs = row.optional('max_num_seqs');
  const tokenBudget = row.optional('max_num_batched_tokens');
  const coefficients = kind.read(row);
  if (row.faults.length === 0) row.checkNorm(coefficients.linear, tokenBudget ?? engineDefaults.tokenBudget);
  if (row.faults.length > 0) throw new CsvError(file, row.faults);
  return {
    coefficients,
    ...(maxNumSeqs !== undefined && { maxNumSeqs }),
    ...(tokenBudget !== undefined && { tokenBudget }),
  };
}

function kindOf(columns: readonly string[], file: string): Kind {
  const kind = kinds.find(({ names }) => names.every((name) => columns.includes(name)));
  const known = kinds.map(({ names }) => names.join(',')).join(' or ');
  if (kind === undefined)
    throw new CsvError(file, [
      `${file}:1: expected the columns ${known}, which name the rows, got ${shown(columns.join(','))}`,
    ]);
  const missing = Object.keys(kind.columns).filter((name) => !columns.includes(name));
  if (missing.length === 0) return kind;
  throw new CsvError(file, [
    `${file}:1: missing ${missing.length === 1 ? 'column' : 'columns'} ${missing.join(', ')}`,
  ]);
}

interface NamedRows {
  readonly rows: readonly Row[];
  readonly nameOf: (row: Row) => string;
  readonly file: string;
  readonly asker: string;
}

function rowNamed(name: string, { rows, nameOf, file, asker }: NamedRows): Row {
  const [row, another] = rows.filter((candidate) => nameOf(candidate) === name);
  if (another !== undefined)
    throw new CommandError(
      `${asker}: ${file} has "${name}" twice, on lines ${row!.line} and ${another.line}`,
    );
  if (row !== undefined) return row;
  const known = rows.length === 0 ? 'no rows' : rows.map(nameOf).join(', ');
  throw new CommandError(`${asker}: no row "${name}" in ${file}; known: ${known}`);
}

/** Reads one row's cells and gathers its faults. */
class CoefficientRow {
  readonly faults: string[] = [];
  readonly #row: Row;
  readonly #columns: readonly string[];
  readonly #file: string;

  constructor(row: Row, columns: readonly string[], file: string) {
    this.#row = row;
    this.#columns = columns;
    this.#file = file;
  }

  all<C extends Columns>(columns: C): Values<C> {
    const entries = Object.entries(columns).map(([name, cell]) => [name, this.#number(name, cell)]);
    // The entries are those of `columns`, which `fromEntries` cannot tell.
    return Object.fromEntries(entries) as Values<C>;
  }

  /** Nothing where the file has no such column, or the row leaves it empty. */
  optional(name: keyof typeof optionalColumns): number | undefined {
    return this.text(name) === '' ? undefined : this.#number(name, optionalColumns[name]);
  }

  /** Notes an exponent at which the powers of a step's norm overflow or vanish: steps would be endless, or free. */
  checkNorm(linear: StepCoefficients['linear'], mostTokens: number): void {
    const isSound = [1, mostTokens].every((tokens) => {
      const longerMs = Math.max(linear.weightsMs, linear.perToken * tokens);
      const ms = linearMs(linear, tokens);
      return ms >= longerMs * (1 - roundingError) && ms < Number.POSITIVE_INFINITY;
    });
    if (isSound) return;
    this.#note('p', `expected an exponent that w and c·T (T to ${mostTokens}) can be raised to and back`);
  }

  #number(name: string, cell: Cell<number>): number {
    const value = cell.read(this.text(name));
    if (value === undefined) this.#note(name, `expected ${cell.expected}`);
    return value ?? 0;
  }

  #note(name: string, expectation: string): void {
    this.faults.push(
      `${this.#file}:${this.#row.line}: ${name}: ${expectation}, got ${shown(this.text(name))}`,
    );
  }

  text(name: string): string {
    return (this.#row.cells[this.#columns.indexOf(name)] ?? '').trim();
  }
}

function readLadder(row: CoefficientRow): StepCoefficients {
  const coefficients = ladderCoefficients({
    gpu: row.text('gpu'),
    model: row.text('model'),
    ...row.all(ladderColumns),
    ...allReduce(row),
    kvCapacityTokens: kvTokens(row) ?? Number.POSITIVE_INFINITY,
  });
  return { ...coefficients, overheadMs: row.optional('overhead_ms') ?? coefficients.overheadMs };
}

function readMeasured(row: CoefficientRow): StepCoefficients {
  const capacity = kvTokens(row);
  return measuredCoefficients({
    run: row.text('run'),
    overheadMs: row.optional('overhead_ms') ?? defaultOverheadMs,
    ...row.all(measuredColumns),
    ...allReduce(row),
    ...(capacity !== undefined && { kvTokens: capacity }),
  });
}

/** Either name is understood in either kind of file. */
function kvTokens(row: CoefficientRow): number | undefined {
  return row.optional('kv_tokens') ?? row.optional('kv_capacity_tokens');
}

function allReduce(row: CoefficientRow): { readonly r0: number; readonly r1: number } {
  return { r0: row.optional('r0') ?? 0, r1: row.optional('r1') ?? 0 };
}
