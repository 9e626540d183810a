import { describe, expect, it } from 'vitest';
import { coefficientsNamed } from '../../policy/simulator/coefficients.ts';
import { Engine, type EngineOptions } from '../../policy/simulator/engine.ts';
import { Gpu } from '../../policy/simulator/gpu.ts';
import { type StepLoad, StepTimer } from '../../policy/simulator/step-time.ts';

const coefficients = coefficientsNamed('H100/llama-3.1-8b');

function engineWith(options: Partial<EngineOptions> = {}): Engine {
  return new Engine({ coefficients, ...options });
}

/** Runs one step and returns what it brought about. */
function step(engine: Engine) {
  expect(engine.beginStep()).toBeGreaterThan(0);
  return engine.endStep();
}

/** The steps until nothing is left, as the ids that each emitted. */
function drain(engine: Engine): (readonly number[])[] {
  const steps: (readonly number[])[] = [];
  while (engine.beginStep() !== undefined) steps.push(engine.endStep().emitted);
  return steps;
}

describe('a step', () => {
  it('emits the first token in the step that completes the prompt', () => {
    const engine = engineWith();
    engine.submit({ id: 1, promptTokens: 100, outputTokens: 2 });
    expect(step(engine)).toEqual({ emitted: [1], finished: [] });
    expect(step(engine)).toEqual({ emitted: [1], finished: [1] });
    expect(engine.beginStep()).toBeUndefined();
    expect(engine.kvTokensUsed).toBe(0);
  });

  it('computes a prompt beyond the budget in chunks and gives the rest of the last one to the next request', () => {
    const engine = engineWith({ tokenBudget: 512 });
    engine.submit({ id: 1, promptTokens: 1000, outputTokens: 1 });
    engine.submit({ id: 2, promptTokens: 24, outputTokens: 1 });
    expect(drain(engine)).toEqual([[], [1, 2]]);
  });

  it('serves running requests before waiting ones', () => {
    const engine = engineWith({ tokenBudget: 64 });
    engine.submit({ id: 1, promptTokens: 64, outputTokens: 3 });
    step(engine);
    engine.submit({ id: 2, promptTokens: 126, outputTokens: 1 });
    expect(drain(engine)).toEqual([[1], [1, 2]]);
  });

  it('runs no more than maxNumSeqs at once, first come first served', () => {
    const engine = engineWith({ maxNumSeqs: 2 });
    for (const id of [7, 3, 5]) engine.submit({ id, promptTokens: 10, outputTokens: 2 });
    expect(drain(engine)).toEqual([[7, 3], [7, 3], [5], [5]]);
  });

  it('cannot begin twice, nor end without having begun', () => {
    const engine = engineWith();
    engine.submit({ id: 1, promptTokens: 1, outputTokens: 1 });
    expect(() => engine.endStep()).toThrow('no step has begun');
    engine.beginStep();
    expect(() => engine.beginStep()).toThrow('has not ended');
  });
});

describe('the duration of a step', () => {
  const idle = { decodes: 0, contextTokens: 0, chunks: 0, prefillTokens: 0, prefillPairs: 0, emitted: 0 };
  const timer = new StepTimer(coefficients, 2, 600);

  it('is that of its work: prompts in chunks, then decoding beside a prompt, then decoding only', () => {
    const engine = engineWith({ tokenBudget: 600, overheadMs: 2 });
    engine.submit({ id: 1, promptTokens: 500, outputTokens: 3 });
    engine.submit({ id: 2, promptTokens: 300, outputTokens: 2 });
    const expected: StepLoad[] = [
      // 500 tokens of the first, 100 of the second
      { ...idle, chunks: 2, prefillTokens: 600, prefillPairs: 500 * 250 + 100 * 50, emitted: 1 },
      // the 501st token of the first attends to 501; the other 200 of the second come after 100
      {
        decodes: 1,
        contextTokens: 501,
        chunks: 1,
        prefillTokens: 200,
        prefillPairs: 200 * (100 + 100),
        emitted: 2,
      },
      { ...idle, decodes: 2, contextTokens: 502 + 301, emitted: 2 },
    ];
    for (const load of expected) {
      expect(engine.beginStep()).toBeCloseTo(timer.stepMs(load), 9);
      engine.endStep();
    }
    expect(engine.beginStep()).toBeUndefined();
  });
});

describe('a full KV cache', () => {
  it('preempts the youngest, which computes its own tokens anew and emits none of them twice', () => {
    // 4 blocks of 16: both prompts fit (2 blocks each), but not the 33rd token of both.
    const engine = engineWith({ kvTokens: 64 });
    engine.submit({ id: 1, promptTokens: 31, outputTokens: 4 });
    engine.submit({ id: 2, promptTokens: 31, outputTokens: 4 });
    expect(drain(engine)).toEqual([[1, 2], [1, 2], [1], [1], [2], [2]]);
    expect(engine.preemptions).toBe(1);
  });

  it('lets a request in only when all its known tokens fit, not just its first chunk', () => {
    const engine = engineWith({ kvTokens: 128, tokenBudget: 64 });
    engine.submit({ id: 1, promptTokens: 40, outputTokens: 3 });
    engine.submit({ id: 2, promptTokens: 90, outputTokens: 1 });
    expect(drain(engine)).toEqual([[1], [1], [1], [], [2]]);
  });

  it('rejects a request that would not fit even alone, by name', () => {
    const engine = engineWith({ kvTokens: 64 });
    engine.submit({ id: 1, promptTokens: 60, outputTokens: 5 });
    expect(() => engine.submit({ id: 2, promptTokens: 60, outputTokens: 6 })).toThrow(
      'request 2 needs 65 tokens of KV cache (promptTokens 60, outputTokens 6); the engine has 64',
    );
  });
});

describe('abort', () => {
  it('takes a request out of the queue, out of the batch, and out of the step under way', () => {
    const engine = engineWith({ maxNumSeqs: 2 });
    for (const id of [1, 2, 3]) engine.submit({ id, promptTokens: 20, outputTokens: 2 });
    step(engine);
    engine.abort(3);
    engine.beginStep();
    engine.abort(1);
    expect(engine.endStep()).toEqual({ emitted: [2], finished: [2] });
    expect([engine.running, engine.waiting, engine.kvTokensUsed]).toEqual([0, 0, 0]);
  });

  it('ignores an unknown id', () => {
    const engine = engineWith();
    engine.abort(99);
    expect(engine.waiting).toBe(0);
  });
});

describe('bad input', () => {
  it.each([
    [
      { id: 1, promptTokens: 0, outputTokens: 1 },
      'promptTokens must be a whole number of at least 1, received 0',
    ],
    [
      { id: 1, promptTokens: 1, outputTokens: 1.5 },
      'outputTokens must be a whole number of at least 1, received 1.5',
    ],
    [{ id: 1, promptTokens: Number.NaN, outputTokens: 1 }, 'promptTokens must be .* received NaN'],
  ])('is refused at submit: %o', (request, message) => {
    expect(() => engineWith().submit(request)).toThrow(new RegExp(message));
  });

  it('refuses an id that is in the engine already', () => {
    const engine = engineWith();
    engine.submit({ id: 1, promptTokens: 1, outputTokens: 1 });
    expect(() => engine.submit({ id: 1, promptTokens: 1, outputTokens: 1 })).toThrow('request id 1');
  });

  it('refuses limits that are no limits', () => {
    expect(() => engineWith({ maxNumSeqs: 0 })).toThrow('maxNumSeqs');
    expect(() => engineWith({ overheadMs: -1 })).toThrow('overheadMs');
    expect(() => engineWith({ kvTokens: Number.NaN })).toThrow('kvTokens');
  });
});

describe('a GPU with several engines', () => {
  it('gives them steps in turn and passes over the idle', () => {
    const engines = [engineWith(), engineWith(), engineWith()];
    engines[0]!.submit({ id: 1, promptTokens: 5, outputTokens: 3 });
    engines[2]!.submit({ id: 2, promptTokens: 5, outputTokens: 2 });
    const gpu = new Gpu(engines);
    const turns: [number, readonly number[]][] = [];
    while (gpu.beginStep() !== undefined) {
      const { engine, emitted } = gpu.endStep();
      turns.push([engine, emitted]);
    }
    expect(turns).toEqual([
      [0, [1]],
      [2, [2]],
      [0, [1]],
      [2, [2]],
      [0, [1]],
    ]);
  });
});
