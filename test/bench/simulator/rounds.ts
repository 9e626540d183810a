import { median } from '../../../policy/report/statistics.ts';

/** Something that serves requests when it is run, and always the same ones. */
export interface Contender {
  readonly name: string;
  /** Requests of one run. */
  readonly requests: number;
  readonly run: () => void;
}

/** One measurement: times per request, in microseconds. */
interface Reading {
  readonly wallUs: number;
  /** CPU time of this process, its compiler and garbage collector among it. */
  readonly cpuUs: number;
}

export interface Figures {
  readonly name: string;
  readonly requests: number;
  /** In a second of CPU time: what one core can do when nothing else wants it. These are medians over the rounds. */
  readonly requestsPerSecond: number;
  readonly cpuUsPerRequest: number;
  readonly wallUsPerRequest: number;
}

/** A measurement is repeated for so long, so that a clock's tick or a collection of garbage does not decide it. */
const measureMs = 150;

/** Contender after contender in each round, so that whatever else the machine does meets all alike. */
export class Rounds {
  readonly #readings = new Map<string, Reading[]>();
  readonly #contenders: readonly Contender[];

  constructor(contenders: readonly Contender[]) {
    this.#contenders = contenders;
  }

  /** Compilers settle; nothing of it is counted. */
  warmUp(): void {
    for (const contender of this.#contenders) measure(contender);
  }

  /** Each round begins with another contender. */
  measure(round: number): void {
    for (let turn = 0; turn < this.#contenders.length; turn += 1) {
      const contender = this.#contenders[(turn + round) % this.#contenders.length]!;
      const readings = this.#readings.get(contender.name) ?? [];
      this.#readings.set(contender.name, [...readings, measure(contender)]);
    }
  }

  figures(): Figures[] {
    return this.#contenders.map(({ name, requests }) => {
      const readings = this.#of(name);
      const wallUsPerRequest = median(readings.map(({ wallUs }) => wallUs));
      const cpuUsPerRequest = median(readings.map(({ cpuUs }) => cpuUs));
      return { name, requests, requestsPerSecond: 1e6 / cpuUsPerRequest, cpuUsPerRequest, wallUsPerRequest };
    });
  }

  /** How many times the CPU time of another one takes: the median of the rounds' own ratios. */
  ratio(slow: string, fast: string): number {
    const fastReadings = this.#of(fast);
    return median(this.#of(slow).map(({ cpuUs }, round) => cpuUs / fastReadings[round]!.cpuUs));
  }

  #of(name: string): readonly Reading[] {
    return this.#readings.get(name) ?? [];
  }
}

function measure({ requests, run }: Contender): Reading {
  const cpuBefore = process.cpuUsage();
  const beganMs = performance.now();
  let runs = 0;
  let elapsedMs = 0;
  while (elapsedMs < measureMs) {
    run();
    runs += 1;
    elapsedMs = performance.now() - beganMs;
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  return { wallUs: (elapsedMs * 1000) / (runs * requests), cpuUs: (user + system) / (runs * requests) };
}
