import { describe, expect, it } from 'vitest';
import { coefficientsNamed } from '../../policy/simulator/coefficients.ts';
import { Engine, type EngineOptions, type EngineRequest } from '../../policy/simulator/engine.ts';
import { randomLoad } from './random-load.ts';

const coefficients = coefficientsNamed('H100/llama-3.1-8b');
const BLOCK_TOKENS = 16;
const REQUESTS = 120;

type Limits = Required<Pick<EngineOptions, 'maxNumSeqs' | 'tokenBudget' | 'kvTokens'>>;

/** What an outsider can know of a run: who was submitted, and what each step emitted. */
class Witness {
  readonly engine: Engine;
  readonly limits: Limits;
  readonly submitted = new Map<number, EngineRequest>();
  readonly emitted = new Map<number, number>();
  readonly finished: number[] = [];
  readonly firstTokens: number[] = [];
  readonly aborted = new Set<number>();
  /** Tokens the steps so far could compute beyond what prompts and answers must have taken. */
  spareTokens = 0;

  constructor(limits: Limits) {
    this.limits = limits;
    this.engine = new Engine({ coefficients, ...limits });
  }

  submit(request: EngineRequest): void {
    this.engine.submit(request);
    this.submitted.set(request.id, request);
    this.emitted.set(request.id, 0);
  }

  abort(id: number): void {
    if (this.finished.includes(id)) return;
    this.engine.abort(id);
    this.aborted.add(id);
  }

  /** Takes one step and checks all that must hold of every step. */
  step(): number | undefined {
    const durationMs = this.engine.beginStep();
    this.checkCounts();
    if (durationMs === undefined) return undefined;
    expect(durationMs).toBeGreaterThan(coefficients.linear.weightsMs);
    const { emitted, finished } = this.engine.endStep();
    expect(emitted.length).toBeLessThanOrEqual(this.limits.maxNumSeqs);
    expect(new Set(emitted).size).toBe(emitted.length);
    for (const id of emitted) this.#countToken(id);
    for (const id of finished) expect(this.emitted.get(id)).toBe(this.submitted.get(id)!.outputTokens);
    this.finished.push(...finished);
    this.#checkBudget(emitted);
    this.checkCounts();
    return durationMs;
  }

  checkCounts(): void {
    const { running, waiting, kvTokensUsed } = this.engine;
    expect(running).toBeLessThanOrEqual(this.limits.maxNumSeqs);
    expect(kvTokensUsed).toBeLessThanOrEqual(this.limits.kvTokens);
    expect(running + waiting + this.finished.length + this.aborted.size).toBe(this.submitted.size);
  }

  #countToken(id: number): void {
    const before = this.emitted.get(id)!;
    if (before === 0) this.firstTokens.push(id);
    this.emitted.set(id, before + 1);
    expect(this.aborted.has(id)).toBe(false);
  }

  /** Prompts that came to their end so far cannot hold more tokens than the steps had in their budgets. */
  #checkBudget(emitted: readonly number[]): void {
    this.spareTokens += this.limits.tokenBudget;
    for (const id of emitted) {
      const { promptTokens } = this.submitted.get(id)!;
      this.spareTokens -= this.emitted.get(id) === 1 ? promptTokens : 1;
    }
    expect(this.spareTokens).toBeGreaterThanOrEqual(0);
  }
}

function drive(limits: Limits, seed: number, abortShare: number): Witness {
  const witness = new Witness(limits);
  const load = { requests: REQUESTS, meanGapMs: 25, maxPromptTokens: 900, maxOutputTokens: 150 };
  let nowMs = 0;
  for (const event of randomLoad({ ...load, seed, abortShare })) {
    while (nowMs < event.atMs) nowMs += witness.step() ?? event.atMs - nowMs;
    if (event.kind === 'submit') witness.submit(event.request);
    else witness.abort(event.id);
  }
  while (witness.step() !== undefined) {}
  return witness;
}

const plenty = { maxNumSeqs: 32, tokenBudget: 512, kvTokens: 100_000 };
const tight = { maxNumSeqs: 32, tokenBudget: 512, kvTokens: 1_500 };

describe('on random loads', () => {
  for (const seed of [11, 12, 13, 14]) {
    it(`every request ends with all its tokens, in order of arrival (seed ${seed})`, () => {
      const witness = drive(plenty, seed, 0);
      expect(witness.finished.length).toBe(REQUESTS);
      expect(witness.engine.preemptions).toBe(0);
      expect(witness.firstTokens).toEqual([...witness.submitted.keys()]);
      expect(witness.engine.kvTokensUsed).toBe(0);
    });

    it(`a small KV cache costs time, not tokens nor order (seed ${seed})`, () => {
      const witness = drive(tight, seed, 0);
      expect(witness.engine.preemptions).toBeGreaterThan(0);
      expect(witness.finished.length).toBe(REQUESTS);
      expect(witness.firstTokens).toEqual([...witness.submitted.keys()]);
      expect(witness.engine.kvTokensUsed).toBe(0);
    });

    it(`clients that go away leave nothing behind (seed ${seed})`, () => {
      const witness = drive(tight, seed, 0.3);
      expect(witness.aborted.size).toBeGreaterThan(10);
      expect(witness.finished.length + witness.aborted.size).toBe(REQUESTS);
      expect(witness.engine.kvTokensUsed).toBe(0);
    });
  }

  it('keeps whole blocks: a request of n tokens holds no more than n rounded up', () => {
    const engine = new Engine({ coefficients });
    engine.submit({ id: 1, promptTokens: 33, outputTokens: 40 });
    for (let tokens = 33; engine.beginStep() !== undefined && tokens < 72; tokens += 1) {
      expect(engine.kvTokensUsed).toBe(Math.ceil(tokens / BLOCK_TOKENS) * BLOCK_TOKENS);
      engine.endStep();
    }
  });
});
