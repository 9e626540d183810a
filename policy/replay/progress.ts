import type { Clock } from '../../src/platform/clock.ts';
import { formatClock, formatCount } from '../report/format.ts';
import type { Counts } from './recorder.ts';

/** Where progress is shown: a terminal is rewritten in place, anything else gets a line now and then. */
export interface ProgressSink {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const terminalEveryMs = 200;
const lineEveryMs = 5_000;
/** The rate shown is that of the last moments, so that a surge is seen while it lasts. */
const rateOverMs = 3_000;

export interface ProgressOptions {
  readonly sink: ProgressSink;
  readonly clock: Clock;
  readonly planned: number;
  /** When the last request is to be sent, counted from the start. */
  readonly lastArrivalMs: number;
  readonly counts: () => Counts;
}

/** Shows how a replay is going until stopped. */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #beganMs: number;
  readonly #timer: NodeJS.Timeout;
  /** From the newest state outside the window of the rate to the newest of all. */
  #recent: { readonly atMs: number; readonly sent: number }[] = [{ atMs: 0, sent: 0 }];

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#beganMs = options.clock();
    this.#timer = setInterval(() => this.show(), options.sink.isTTY ? terminalEveryMs : lineEveryMs);
    this.#timer.unref();
  }

  /** Shows the state of now. */
  show(): void {
    const { sink, clock, counts, planned, lastArrivalMs } = this.#options;
    const elapsedMs = clock() - this.#beganMs;
    const now = counts();
    const ratePerSecond = this.#rate(elapsedMs, now.sent);
    const line = progressLine(now, { planned, elapsedMs, leftMs: lastArrivalMs - elapsedMs, ratePerSecond });
    // Erase to the end of the line, and never wrap: a wrapped line could not be rewritten.
    if (sink.isTTY) sink.write(`\r${line.slice(0, (sink.columns ?? 80) - 1)}\u001B[K`);
    else sink.write(`${line}\n`);
  }

  /** Shows the last state and leaves the line to whoever writes next. */
  stop(): void {
    clearInterval(this.#timer);
    this.show();
    if (this.#options.sink.isTTY) this.#options.sink.write('\n');
  }

  #rate(atMs: number, sent: number): number {
    this.#recent.push({ atMs, sent });
    while (this.#recent.length > 2 && this.#recent[1]!.atMs <= atMs - rateOverMs) this.#recent.shift();
    const oldest = this.#recent[0]!;
    return atMs > oldest.atMs ? ((sent - oldest.sent) / (atMs - oldest.atMs)) * 1000 : 0;
  }
}

export interface ProgressState {
  readonly planned: number;
  readonly elapsedMs: number;
  readonly leftMs: number;
  readonly ratePerSecond: number;
}

/** One line on how a replay is going; the most telling part comes first, as a narrow terminal cuts the end. */
export function progressLine(counts: Counts, state: ProgressState): string {
  const inFlight = counts.sent - counts.done;
  const onTime = counts.done === 0 ? '' : ` (${((100 * counts.onTime) / counts.done).toFixed(0)} %)`;
  return [
    `${formatClock(state.elapsedMs)}  sent ${formatCount(counts.sent)}/${formatCount(state.planned)}`,
    `in flight ${formatCount(inFlight)}`,
    `done ${formatCount(counts.done)}`,
    `on time ${formatCount(counts.onTime)}${onTime}`,
    `shed ${formatCount(counts.shed)}`,
    `failed ${formatCount(counts.failed)}`,
    `${state.ratePerSecond.toFixed(1)} req/s`,
    remaining(state.leftMs, inFlight),
  ].join(' · ');
}

function remaining(leftMs: number, inFlight: number): string {
  if (leftMs > 0) return `${formatClock(leftMs)} left`;
  return inFlight > 0 ? 'finishing' : 'finished';
}
