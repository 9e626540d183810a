import { describe, expect, it } from 'vitest';
import { coefficientsNamed } from '../../policy/simulator/coefficients.ts';
import { Engine, type EngineOptions } from '../../policy/simulator/engine.ts';
import { queueEngine } from './queue-engine.ts';
import { type ClientEvent, randomLoad } from './random-load.ts';

/** What became of a request: never more than one of these, and one of them for every request. */
type Fate = 'in flight' | 'completed' | 'shed' | 'failed';

interface Books {
  readonly fates: ReadonlyMap<number, Fate>;
  /** ∫ requests in the engine dt, and ∫ requests with a place in the batch dt, in request-milliseconds. */
  readonly presentMs: number;
  readonly runningMs: number;
  /** Time from arrival to end, summed over all that were admitted. */
  readonly staysMs: number;
  /** How often the books were looked at: after every arrival, departure and step. */
  readonly audits: number;
}

/**
 * Drives an engine step by step through a load, counts what is in it at every moment, and checks at each that nobody is
 * lost: arrived = completed + shed + failed + in flight. `room` is the most requests let in at once.
 */
class Bookkeeper {
  readonly fates = new Map<number, Fate>();
  presentMs = 0;
  runningMs = 0;
  staysMs = 0;
  audits = 0;
  readonly #engine: Engine;
  readonly #room: number;
  readonly #arrivedMs = new Map<number, number>();
  #nowMs = 0;

  constructor(engine: Engine, room: number) {
    this.#engine = engine;
    this.#room = room;
  }

  follow(events: readonly ClientEvent[]): Books {
    let next = 0;
    for (;;) {
      while (next < events.length && events[next]!.atMs <= this.#nowMs) this.#apply(events[next++]!);
      const durationMs = this.#engine.beginStep();
      if (durationMs === undefined && next === events.length) return this;
      const endMs = durationMs === undefined ? events[next]!.atMs : this.#nowMs + durationMs;
      while (next < events.length && events[next]!.atMs < endMs) {
        this.#wait(events[next]!.atMs);
        this.#apply(events[next++]!);
      }
      this.#wait(endMs);
      if (durationMs === undefined) continue;
      for (const id of this.#engine.endStep().finished) this.#leave(id, 'completed');
      this.#audit();
    }
  }

  #apply(event: ClientEvent): void {
    if (event.kind === 'abort') this.#abort(event.id);
    else if (this.#engine.running + this.#engine.waiting >= this.#room)
      this.fates.set(event.request.id, 'shed');
    else {
      this.#engine.submit(event.request);
      this.fates.set(event.request.id, 'in flight');
      this.#arrivedMs.set(event.request.id, this.#nowMs);
    }
    this.#audit();
  }

  #abort(id: number): void {
    this.#engine.abort(id);
    if (this.fates.get(id) === 'in flight') this.#leave(id, 'failed');
  }

  #leave(id: number, fate: Fate): void {
    expect(this.fates.get(id)).toBe('in flight');
    this.fates.set(id, fate);
    this.staysMs += this.#nowMs - this.#arrivedMs.get(id)!;
  }

  #wait(untilMs: number): void {
    const { running, waiting } = this.#engine;
    this.presentMs += (running + waiting) * (untilMs - this.#nowMs);
    this.runningMs += running * (untilMs - this.#nowMs);
    this.#nowMs = untilMs;
  }

  #audit(): void {
    this.audits += 1;
    const { running, waiting } = this.#engine;
    if (countOf(this.fates, 'in flight') === running + waiting) return;
    expect.fail(
      `at ${this.#nowMs} ms: ${countOf(this.fates, 'in flight')} in flight, ${running} + ${waiting} in the engine`,
    );
  }
}

function countOf(fates: ReadonlyMap<number, Fate>, wanted: Fate): number {
  let count = 0;
  for (const fate of fates.values()) if (fate === wanted) count += 1;
  return count;
}

const coefficients = coefficientsNamed('H100/llama-3.1-8b');
const load = { requests: 400, meanGapMs: 30, maxPromptTokens: 800, maxOutputTokens: 200 };

interface Scenario {
  readonly name: string;
  readonly engine: Omit<EngineOptions, 'coefficients'>;
  readonly room?: number;
  readonly abortShare?: number;
}

const scenarios: readonly Scenario[] = [
  { name: 'plenty of everything', engine: {} },
  { name: 'few places', engine: { maxNumSeqs: 4 } },
  { name: 'a small KV cache, which preempts', engine: { kvTokens: 3_000 } },
  { name: 'clients that give up', engine: { maxNumSeqs: 8 }, abortShare: 0.3 },
  {
    name: 'a full house, which sheds, with clients that give up',
    engine: { kvTokens: 3_000 },
    room: 12,
    abortShare: 0.3,
  },
];

const runs = scenarios.flatMap((scenario) => [1, 2, 3].map((seed) => ({ ...scenario, seed })));

describe("nobody is lost, and Little's law holds", () => {
  it.each(runs)('$name, seed $seed', ({ engine: options, room = Infinity, abortShare = 0, seed }) => {
    const engine = new Engine({ coefficients, ...options });
    const books = new Bookkeeper(engine, room).follow(randomLoad({ ...load, seed, abortShare }));
    expect(books.fates.size).toBe(load.requests);
    expect(countOf(books.fates, 'in flight')).toBe(0);
    expect(countOf(books.fates, 'shed') > 0).toBe(room < Infinity);
    expect(countOf(books.fates, 'failed') > 0).toBe(abortShare > 0);
    expect(engine.preemptions > 0).toBe(options.kvTokens !== undefined);
    expect(books.audits).toBeGreaterThan(2 * load.requests);
    // L = λ·W, with both sides times the length of the run, which begins and ends empty: then it is exact.
    expect(books.presentMs / books.staysMs).toBeCloseTo(1, 9);
  });
});

describe('places are taken for as long as the work takes, and no longer', () => {
  it.each([1, 2, 3])('the places in use are those the tokens need: seed %i', (seed) => {
    const stepMs = 10;
    const events = randomLoad({ ...load, seed });
    const books = new Bookkeeper(queueEngine(32, stepMs), Infinity).follow(events);
    const requests = events.flatMap((event) => (event.kind === 'submit' ? [event.request] : []));
    const workMs = requests.reduce((sum, { outputTokens }) => sum + outputTokens * stepMs, 0);
    // Whoever comes while a step is under way gets its place when the next one begins; prompts fit into one step.
    expect(books.runningMs / workMs).toBeCloseTo(1, 9);
    expect(books.presentMs).toBeGreaterThan(books.runningMs);
  });
});
