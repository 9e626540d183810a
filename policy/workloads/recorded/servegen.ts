import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../../src/platform/random.ts';
import { numberIn } from '../../csv/cell.ts';
import { CsvError, shown } from '../../csv/csv-error.ts';
import { parseRows, type Row, readText } from '../../csv/rows.ts';
import { type GapLaw, gammaGapsOfShape, weibullGaps } from '../gaps.ts';
import { fork } from '../variates.ts';

/** Ten minutes: what one row of a client's file describes. */
export const recordedWindowS = 600;

/** What one client did within one window. */
export interface ClientWindow {
  readonly ratePerSecond: number;
  readonly law: 'Gamma' | 'Weibull';
  readonly shape: number;
}

/** One client over time: a window of ten minutes each, without a gap; `undefined` where it was silent. */
export type Client = readonly (ClientWindow | undefined)[];

/**
 * Reads ServeGen's clients: a file `chunk-N-trace.csv` each, without a header, of rows `t, rate, cv, pattern, shape, scale`.
 * The law's shape is taken as fitted; `cv` and `scale` are not, since a fitted scale often misses the counted rate.
 * @throws CsvError for a folder without clients, and for every row that is not as described
 */
export function readServeGenClients(folder: string): Client[] {
  const names = clientFiles(folder);
  const clients = names.map((name) => readClient(join(folder, name)));
  const windows = clients[0]!.length;
  const other = clients.findIndex((client) => client.length !== windows);
  if (other !== -1) {
    const file = join(folder, names[other]!);
    throw new CsvError(file, [
      `${file}: expected ${windows} rows as in ${names[0]}, got ${clients[other]!.length}`,
    ]);
  }
  if (totalRate(clients) === 0) throw new CsvError(folder, [`${folder}: every rate is 0`]);
  return clients;
}

function clientFiles(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new CsvError(folder, [`${folder}: no such folder`]);
  const numberOf = (name: string) => Number(/^chunk-(\d+)-trace\.csv$/.exec(name)?.[1]);
  const names = readdirSync(folder).filter((name) => !Number.isNaN(numberOf(name)));
  if (names.length === 0) throw new CsvError(folder, [`${folder}: no file named chunk-N-trace.csv`]);
  // In the order of their numbers: each client's stream must not depend on how a file system sorts.
  return names.sort((a, b) => numberOf(a) - numberOf(b));
}

function readClient(file: string): Client {
  const faults: string[] = [];
  const rows = parseRows(readText(file), file);
  const windows = rows.map((row, index) => readWindow(row, index, file, faults));
  if (rows.length === 0) faults.push(`${file}: empty: no windows`);
  if (faults.length > 0) throw new CsvError(file, faults);
  return windows;
}

function readWindow(row: Row, index: number, file: string, faults: string[]): ClientWindow | undefined {
  const [t = '', rate = '', , pattern = '', shape = ''] = row.cells.map((cell) => cell.trim());
  const fault = (column: string, expected: string, got: string) =>
    faults.push(`${file}:${row.line}: ${column}: expected ${expected}, got ${shown(got)}`);
  if (row.cells.length !== 6) {
    faults.push(
      `${file}:${row.line}: expected 6 cells (t, rate, cv, pattern, shape, scale), got ${row.cells.length}`,
    );
    return undefined;
  }
  if (numberIn(t) !== index * recordedWindowS) fault('t', `${index * recordedWindowS}`, t);
  const ratePerSecond = numberIn(rate);
  if (!(ratePerSecond >= 0 && ratePerSecond <= 1e6))
    fault('rate', 'requests per second from 0 to 1000000', rate);
  if (ratePerSecond === 0) return undefined;
  const law = pattern === 'Gamma' || pattern === 'Weibull' ? pattern : undefined;
  if (law === undefined) fault('pattern', 'Gamma or Weibull', pattern);
  const shapeRead = numberIn(shape);
  const least = law === 'Weibull' ? 0.1 : 0.001;
  if (!(shapeRead >= least && shapeRead <= 1e6)) fault('shape', `a number from ${least} to 1000000`, shape);
  return law && { ratePerSecond, law, shape: shapeRead };
}

/** Requests per second of all clients together, averaged over every window. */
export function meanServeGenRate(clients: readonly Client[]): number {
  return totalRate(clients) / clients[0]!.length;
}

function totalRate(clients: readonly Client[]): number {
  let total = 0;
  for (const client of clients) for (const window of client) total += window?.ratePerSecond ?? 0;
  return total;
}

export interface ServeGenPlayback {
  /**
   * Where it begins, in recorded seconds; `drawn`: anywhere it still fits, all alike, but for the hours of outage in
   * which nobody asked anything.
   */
  readonly startS: number | 'drawn';
  readonly durationMs: number;
  /** How long each recorded window lasts as played. Rates do not change with it. */
  readonly windowMs: number;
  /** Multiplies every client's rate. */
  readonly rateFactor: number;
}

/**
 * Arrivals of all clients. Within a window each client is a renewal process under way, with its own law of gaps around
 * its counted rate, independent of the window before: so the expected rate at any moment is the recorded one. Ends when
 * the recording does.
 */
export function* serveGenArrivals(
  clients: readonly Client[],
  playback: ServeGenPlayback,
  random: Random,
): Generator<{ readonly atMs: number }> {
  const { windowMs, durationMs, rateFactor } = playback;
  const windows = clients[0]!.length;
  const forStart = fork(random);
  const streams = clients.map(() => fork(random));
  const begin =
    playback.startS === 'drawn'
      ? drawnStart(clients, durationMs / windowMs, forStart)
      : playback.startS / recordedWindowS;
  for (let index = Math.floor(begin); index < windows; index++) {
    const fromMs = Math.max(0, (index - begin) * windowMs);
    const toMs = (index + 1 - begin) * windowMs;
    const active = clients.flatMap((client, number) => {
      const window = client[index];
      return window ? [new ClientProcess(window, rateFactor, fromMs, streams[number]!)] : [];
    });
    // Not delegated to a generator of its own: that would cost every arrival as much as making it.
    for (let next = earliestOf(active); next !== undefined && next.nextMs < toMs; next = earliestOf(active)) {
      yield { atMs: next.nextMs };
      next.advance();
    }
  }
}

/** A start, counted in windows, from which `length` windows follow that are not all silent. */
function drawnStart(clients: readonly Client[], length: number, random: Random): number {
  const room = Math.max(0, clients[0]!.length - length);
  for (;;) {
    const begin = room * random();
    const [first, end] = [Math.floor(begin), Math.ceil(begin + length)];
    if (clients.some((client) => client.slice(first, end).some((window) => window !== undefined)))
      return begin;
  }
}

/** One client within one window. */
class ClientProcess {
  nextMs: number;
  readonly #meanGapMs: number;
  readonly #gaps: GapLaw;
  readonly #random: Random;

  constructor(window: ClientWindow, rateFactor: number, fromMs: number, random: Random) {
    this.#meanGapMs = 1000 / (window.ratePerSecond * rateFactor);
    this.#gaps = window.law === 'Gamma' ? gammaGapsOfShape(window.shape) : weibullGaps(window.shape);
    this.#random = random;
    this.nextMs = fromMs + this.#meanGapMs * this.#gaps.residual(random);
  }

  advance(): void {
    this.nextMs += this.#meanGapMs * this.#gaps.gap(this.#random);
  }
}

/** A scan: some twenty are active at once, too few for a heap to pay. */
function earliestOf(processes: readonly ClientProcess[]): ClientProcess | undefined {
  let earliest = processes[0];
  for (const process of processes) if (process.nextMs < earliest!.nextMs) earliest = process;
  return earliest;
}
