import { describe, expect, test } from 'vitest';
import { Replica } from '../../infra/local/serving/replica.ts';
import type { Timeline } from '../../infra/local/serving/timeline.ts';
import { coefficientsNamed } from '../../policy/simulator/coefficients.ts';
import { Engine } from '../../policy/simulator/engine.ts';

const row = 'H100/llama-3.1-8b';

/** A timeline that moves when told, whose timers all fire `lateMs` after they are due. */
class LateTimeline implements Timeline {
  #nowMs = 0;
  readonly #lateMs: number;
  #timers: { readonly dueMs: number; readonly callback: () => void }[] = [];

  constructor(lateMs: number) {
    this.#lateMs = lateMs;
  }

  now(): number {
    return this.#nowMs;
  }

  at(atMs: number, callback: () => void): () => void {
    const timer = { dueMs: Math.max(atMs, this.#nowMs) + this.#lateMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  /** Fires the next timer; false when there is none. */
  fire(): boolean {
    const next = this.#timers.toSorted((left, right) => left.dueMs - right.dueMs)[0];
    if (next === undefined) return false;
    this.#timers = this.#timers.filter((timer) => timer !== next);
    this.#nowMs = next.dueMs;
    next.callback();
    return true;
  }

  jumpTo(ms: number): void {
    this.#nowMs = ms;
  }
}

interface Watched {
  tokens: number;
  finishedAtMs: number | undefined;
}

function submit(replica: Replica, timeline: Timeline, id: number, outputTokens: number, engine = 0): Watched {
  const watched: Watched = { tokens: 0, finishedAtMs: undefined };
  const sequence = {
    id,
    promptTokens: 100,
    outputTokens,
    token: () => {
      watched.tokens += 1;
    },
    finished: () => {
      watched.finishedAtMs = timeline.now();
    },
  };
  replica.submit(engine, [sequence]);
  return watched;
}

/** Time the engine itself needs for one request. */
function engineMs(promptTokens: number, outputTokens: number): number {
  const engine = new Engine({ coefficients: coefficientsNamed(row) });
  engine.submit({ id: 1, promptTokens, outputTokens });
  let totalMs = 0;
  for (let stepMs = engine.beginStep(); stepMs !== undefined; stepMs = engine.beginStep()) {
    totalMs += stepMs;
    engine.endStep();
  }
  return totalMs;
}

describe('a replica in real time', () => {
  test('late timers do not add up: 200 steps end one lateness after they should', () => {
    const timeline = new LateTimeline(3);
    const watched = submit(new Replica([row], timeline, 1), timeline, 1, 200);
    while (timeline.fire());
    expect(watched.tokens).toBe(200);
    const lateMs = (watched.finishedAtMs ?? Number.NaN) - engineMs(100, 200);
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThanOrEqual(3 + 1e-6);
  });

  test('runs all steps that are due in one go', () => {
    const timeline = new LateTimeline(10_000);
    const watched = submit(new Replica([row], timeline, 1), timeline, 1, 100);
    expect(timeline.fire()).toBe(true);
    expect(watched.tokens).toBe(100);
    expect(timeline.fire()).toBe(false);
  });

  test('a request that comes after a late timer does not join steps that were over before', () => {
    const timeline = new LateTimeline(0);
    const replica = new Replica([row], timeline, 1);
    const first = submit(replica, timeline, 1, 50);
    timeline.jumpTo(engineMs(100, 20) + 0.001);
    const second = submit(replica, timeline, 2, 1);
    expect(first.tokens).toBe(20);
    expect(second.tokens).toBe(0);
    while (timeline.fire());
    expect(second.tokens).toBe(1);
    expect(first.tokens).toBe(50);
  });

  test('computes `speed` times as fast', () => {
    const timeline = new LateTimeline(0);
    const watched = submit(new Replica([row], timeline, 4), timeline, 1, 50);
    while (timeline.fire());
    expect(watched.finishedAtMs).toBeCloseTo(engineMs(100, 50) / 4, 6);
  });

  test('an abort frees the place and the memory, and is not heard of again', () => {
    const timeline = new LateTimeline(0);
    const replica = new Replica([row], timeline, 1);
    const watched = submit(replica, timeline, 1, 1_000);
    for (let fired = 0; fired < 10; fired++) timeline.fire();
    expect(replica.load(0)).toMatchObject({ running: 1, kvTokensUsed: 112 });
    replica.abort(1);
    expect(replica.load(0)).toEqual({ running: 0, waiting: 0, kvTokensUsed: 0 });
    expect(replica.outstanding).toBe(0);
    while (timeline.fire());
    expect(watched).toEqual({ tokens: 10, finishedAtMs: undefined });
  });

  test('goes idle, and starts again with the next request', () => {
    const timeline = new LateTimeline(0);
    const replica = new Replica([row], timeline, 1);
    submit(replica, timeline, 1, 5);
    while (timeline.fire());
    timeline.jumpTo(5_000);
    const again = submit(replica, timeline, 2, 5);
    while (timeline.fire());
    expect(again.finishedAtMs).toBeCloseTo(5_000 + engineMs(100, 5), 6);
  });

  test('two models on one GPU take steps in turn, so each takes about twice as long', () => {
    const timeline = new LateTimeline(0);
    const replica = new Replica([row, row], timeline, 1);
    const left = submit(replica, timeline, 1, 50, 0);
    const right = submit(replica, timeline, 2, 50, 1);
    while (timeline.fire());
    expect(left.finishedAtMs).toBeGreaterThan(1.9 * engineMs(100, 50));
    expect(right.finishedAtMs).toBeLessThan(2.01 * engineMs(100, 50));
  });
});
