import { describe, expect, it } from 'vitest';
import { coefficientsNamed } from '../../policy/simulator/coefficients.ts';
import { Engine, type EngineOptions } from '../../policy/simulator/engine.ts';
import { Gpu } from '../../policy/simulator/gpu.ts';
import { GpuTimeline } from '../../policy/simulator/gpu-timeline.ts';
import { type ClientEvent, randomLoad } from './random-load.ts';

interface Times {
  readonly firstTokenMs: Map<number, number>;
  readonly finishedMs: Map<number, number>;
  readonly preemptions: number;
  /** Steps that were walked through one by one. */
  readonly steps: number;
}

function apply(event: ClientEvent, engines: readonly Engine[]): void {
  const engine = engines[event.engine]!;
  if (event.kind === 'submit') engine.submit(event.request);
  else engine.abort(event.id);
}

const preemptionsOf = (engines: readonly Engine[]) =>
  engines.reduce((sum, engine) => sum + engine.preemptions, 0);

/** The same rules as the timeline's, one step after the other. */
function stepByStep(engines: readonly Engine[], events: readonly ClientEvent[]): Times {
  const gpu = new Gpu(engines);
  const firstTokenMs = new Map<number, number>();
  const finishedMs = new Map<number, number>();
  let next = 0;
  let nowMs = 0;
  let steps = 0;
  const arriveUntil = (untilMs: number) => {
    while (next < events.length && events[next]!.atMs < untilMs) apply(events[next++]!, engines);
  };
  for (;;) {
    while (next < events.length && events[next]!.atMs <= nowMs) apply(events[next++]!, engines);
    const begun = gpu.beginStep();
    if (begun === undefined) {
      if (next === events.length)
        return { firstTokenMs, finishedMs, preemptions: preemptionsOf(engines), steps };
      nowMs = events[next]!.atMs;
      continue;
    }
    steps += 1;
    nowMs += begun.durationMs;
    arriveUntil(nowMs);
    const { emitted, finished } = gpu.endStep();
    for (const id of emitted) if (!firstTokenMs.has(id)) firstTokenMs.set(id, nowMs);
    for (const id of finished) finishedMs.set(id, nowMs);
  }
}

class CountingGpu extends Gpu {
  steps = 0;

  override beginStep() {
    this.steps += 1;
    return super.beginStep();
  }
}

function fastForward(engines: readonly Engine[], events: readonly ClientEvent[]): Times {
  const gpu = new CountingGpu(engines);
  const timeline = new GpuTimeline(gpu);
  const firstTokenMs = new Map<number, number>();
  const finishedMs = new Map<number, number>();
  const listener = {
    firstToken: (id: number, atMs: number) => firstTokenMs.set(id, atMs),
    finished: (id: number, atMs: number) => finishedMs.set(id, atMs),
  };
  for (const event of events) {
    timeline.run(event.atMs, listener);
    apply(event, engines);
  }
  timeline.run(Number.POSITIVE_INFINITY, listener);
  return { firstTokenMs, finishedMs, preemptions: preemptionsOf(engines), steps: gpu.steps };
}

/** An event loop that goes from moment to moment of the GPU, and to each event of the clients. */
function byLookAhead(engines: readonly Engine[], events: readonly ClientEvent[]): Times {
  const gpu = new CountingGpu(engines);
  const timeline = new GpuTimeline(gpu);
  const firstTokenMs = new Map<number, number>();
  const finishedMs = new Map<number, number>();
  let promisedMs = 0;
  const note = (times: Map<number, number>) => (id: number, atMs: number) => {
    expect(atMs).toBeGreaterThanOrEqual(promisedMs);
    times.set(id, atMs);
  };
  const listener = { firstToken: note(firstTokenMs), finished: note(finishedMs) };
  let next = 0;
  while (promisedMs !== Number.POSITIVE_INFINITY || next < events.length) {
    promisedMs = timeline.lookAhead();
    const atMs = Math.min(promisedMs, events[next]?.atMs ?? Number.POSITIVE_INFINITY);
    timeline.run(atMs, listener);
    while (next < events.length && events[next]!.atMs <= atMs) apply(events[next++]!, engines);
  }
  return { firstTokenMs, finishedMs, preemptions: preemptionsOf(engines), steps: gpu.steps };
}

function expectSameTimes(fast: ReadonlyMap<number, number>, slow: ReadonlyMap<number, number>): void {
  expect(new Set(fast.keys())).toEqual(new Set(slow.keys()));
  for (const [id, atMs] of slow) expect(Math.abs(fast.get(id)! - atMs)).toBeLessThan(1e-6);
}

const chat = coefficientsNamed('H100/llama-3.1-8b');
const measured = coefficientsNamed('RTX4090/Llama-3.1-8B');

interface Scenario {
  readonly engines: readonly EngineOptions[];
  readonly load: Omit<Parameters<typeof randomLoad>[0], 'seed' | 'engines'>;
}

const scenarios: Record<string, Scenario> = {
  'light load': {
    engines: [{ coefficients: chat }],
    load: { requests: 200, meanGapMs: 150, maxPromptTokens: 3000, maxOutputTokens: 400 },
  },
  'a full batch': {
    engines: [{ coefficients: measured, maxNumSeqs: 16 }],
    load: { requests: 200, meanGapMs: 20, maxPromptTokens: 3000, maxOutputTokens: 200 },
  },
  'a small KV cache': {
    engines: [{ coefficients: chat, kvTokens: 2000 }],
    load: { requests: 200, meanGapMs: 30, maxPromptTokens: 800, maxOutputTokens: 400 },
  },
  'clients that go away': {
    engines: [{ coefficients: chat, kvTokens: 8000 }],
    load: { requests: 200, meanGapMs: 30, maxPromptTokens: 800, maxOutputTokens: 400, abortShare: 0.3 },
  },
  'three engines on one GPU': {
    engines: ['A100/opt-125m', 'A100/opt-1.3b', 'A100/opt-6.7b'].map((name) => ({
      coefficients: coefficientsNamed(name),
      kvTokens: 4000,
    })),
    load: { requests: 300, meanGapMs: 30, maxPromptTokens: 600, maxOutputTokens: 150, abortShare: 0.1 },
  },
};

describe('the fast-forward', () => {
  for (const [name, { engines, load }] of Object.entries(scenarios)) {
    for (const seed of [1, 2, 3]) {
      it(`gives the times of walking step by step, in fewer steps: ${name}, seed ${seed}`, () => {
        const events = randomLoad({ ...load, seed, engines: engines.length });
        const build = () => engines.map((options) => new Engine(options));
        const slow = stepByStep(build(), events);
        const fast = fastForward(build(), events);
        expectSameTimes(fast.firstTokenMs, slow.firstTokenMs);
        expectSameTimes(fast.finishedMs, slow.finishedMs);
        expect(fast.preemptions).toBe(slow.preemptions);
        expect(fast.steps).toBeLessThan(0.75 * slow.steps);
        if (name === 'a small KV cache') expect(slow.preemptions).toBeGreaterThan(0);
      });

      it(`is the same for an event loop that looks ahead: ${name}, seed ${seed}`, () => {
        const events = randomLoad({ ...load, seed, engines: engines.length });
        const build = () => engines.map((options) => new Engine(options));
        const direct = fastForward(build(), events);
        const looking = byLookAhead(build(), events);
        expectSameTimes(looking.firstTokenMs, direct.firstTokenMs);
        expectSameTimes(looking.finishedMs, direct.finishedMs);
      });
    }
  }
});

describe('a timeline', () => {
  const silent = { firstToken() {}, finished() {} };

  it('stands at the time it was run to', () => {
    const engine = new Engine({ coefficients: chat });
    const timeline = new GpuTimeline(new Gpu([engine]));
    timeline.run(50, silent);
    expect(timeline.nowMs).toBe(50);
    engine.submit({ id: 1, promptTokens: 10, outputTokens: 1 });
    const seen: number[] = [];
    timeline.run(Number.POSITIVE_INFINITY, { ...silent, finished: (_id, atMs) => seen.push(atMs) });
    expect(seen).toEqual([timeline.nowMs]);
    expect(timeline.nowMs).toBeGreaterThan(50);
  });

  it('jumps also while other engines on the GPU have nothing to do', () => {
    const engines = [new Engine({ coefficients: chat }), new Engine({ coefficients: chat })];
    const gpu = new CountingGpu(engines);
    engines[1]!.submit({ id: 1, promptTokens: 10, outputTokens: 1000 });
    new GpuTimeline(gpu).run(Number.POSITIVE_INFINITY, silent);
    expect(engines[1]!.idle).toBe(true);
    expect(gpu.steps).toBeLessThan(5);
  });

  it('lets an arrival at the very end of a step take part in the next', () => {
    const reference = new Engine({ coefficients: chat });
    reference.submit({ id: 1, promptTokens: 10, outputTokens: 2 });
    const firstMs = reference.beginStep()!;

    const engine = new Engine({ coefficients: chat });
    const timeline = new GpuTimeline(new Gpu([engine]));
    engine.submit({ id: 1, promptTokens: 10, outputTokens: 2 });
    timeline.run(firstMs, silent);
    engine.submit({ id: 2, promptTokens: 10, outputTokens: 1 });
    const finished: [number, number][] = [];
    timeline.run(Number.POSITIVE_INFINITY, { ...silent, finished: (id, atMs) => finished.push([id, atMs]) });
    expect(finished).toEqual([
      [1, timeline.nowMs],
      [2, timeline.nowMs],
    ]);
  });
});
