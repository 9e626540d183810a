import type { Clock } from '../../src/platform/clock.ts';
import { formatClock, formatCount } from '../report/format.ts';

/** Where progress is shown: a terminal is rewritten in place, anything else gets a line now and then. */
export interface ProgressSink {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const everyMs = { terminal: 200, lines: 10_000 };

/** Says how far an evaluation is. Runs that were found from before take no time and count for none. */
export class Progress {
  readonly #sink: ProgressSink;
  readonly #clock: Clock;
  readonly #beganMs: number;
  #expected = 0;
  #asked = 0;
  #ended = 0;
  #stored = 0;
  #saidMs = 0;

  constructor(sink: ProgressSink, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
    this.#beganMs = clock();
  }

  /** About so many runs more are to come than have been asked for. */
  expect(runs: number): void {
    this.#expected += runs;
  }

  asked(): void {
    this.#asked += 1;
  }

  ended(isStored: boolean): void {
    this.#ended += 1;
    if (isStored) this.#stored += 1;
    const nowMs = this.#clock();
    if (nowMs - this.#saidMs < (this.#sink.isTTY ? everyMs.terminal : everyMs.lines)) return;
    this.#saidMs = nowMs;
    this.#say(nowMs);
  }

  /** Leaves the line to whoever writes next. */
  stop(): void {
    if (this.#sink.isTTY) this.#sink.write('\r\u001B[K');
  }

  #say(nowMs: number): void {
    const total = Math.max(this.#expected, this.#asked);
    const run = this.#ended - this.#stored;
    const left = total - this.#ended;
    const leftMs = run === 0 ? undefined : ((nowMs - this.#beganMs) / run) * left;
    const line = [
      `${formatCount(this.#ended)} of ${formatCount(total)} runs`,
      ...(this.#stored > 0 ? [`${formatCount(this.#stored)} from before`] : []),
      ...(leftMs === undefined ? [] : [`about ${formatClock(leftMs)} left`]),
    ].join(' · ');
    this.#sink.write(this.#sink.isTTY ? `\r${line}\u001B[K` : `${line}\n`);
  }
}
