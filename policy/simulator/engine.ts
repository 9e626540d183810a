import type { StepCoefficients } from './coefficients.ts';
import { Deque } from './deque.ts';
import { KvCache } from './kv-cache.ts';
import { LoadTally } from './load-tally.ts';
import { Sequence } from './sequence.ts';
import { StepTimer } from './step-time.ts';

export interface EngineRequest {
  /** Unique among the requests that are in the engine. */
  readonly id: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

export interface EngineOptions {
  readonly coefficients: StepCoefficients;
  /** What the server spends beside the GPU on every step; by default that of the coefficients. */
  readonly overheadMs?: number;
  /** The most requests that run at once. */
  readonly maxNumSeqs?: number;
  /** The most new tokens, of prompts and of answers, in one step. */
  readonly tokenBudget?: number;
  /** KV capacity; by default that of the coefficients. */
  readonly kvTokens?: number;
  /** KV tokens are handed out in blocks of this size. */
  readonly blockTokens?: number;
}

/** The benchmark's, for what the options leave out. */
export const engineDefaults = { maxNumSeqs: 128, tokenBudget: 2048, blockTokens: 16 } as const;

/** What a step brought about, as request ids; a finished request has emitted too. */
export interface StepOutcome {
  readonly emitted: readonly number[];
  readonly finished: readonly number[];
}

/** Told of each token a step emits. `ordinal` counts from 1 within the request. */
export interface TokenListener {
  token(id: number, ordinal: number, last: boolean): void;
}

/** Steps to come that are all alike: a batch that only decodes and neither loses nor gains a request. */
export interface Stretch {
  readonly steps: number;
  readonly firstMs: number;
  /** Each step takes so much longer than the one before. */
  readonly growthMs: number;
}

/**
 * Continuous batching as vLLM V1 schedules it, without a clock of its own: whoever drives it waits, really or in a
 * simulation, between `beginStep` and `endStep`.
 *
 * Each step serves running requests first, oldest first, then admits waiting ones first come first served, within a
 * budget of new tokens; prompts are computed in chunks. When the KV cache is full, the youngest running request gives
 * up its place and later computes its prompt and what it has generated anew. A waiting request enters once the whole
 * of its known tokens would fit (`scheduler_reserve_full_isl`, the default of vLLM 0.19).
 */
export class Engine {
  readonly #timer: StepTimer;
  readonly #kv: KvCache;
  readonly #maxNumSeqs: number;
  readonly #tokenBudget: number;
  readonly #byId = new Map<number, Sequence>();
  readonly #waiting = new Deque<Sequence>();
  /** In the order of admission: the last one is the youngest. */
  readonly #running: Sequence[] = [];
  readonly #inStep: Sequence[] = [];
  readonly #load = new LoadTally();
  #stepUnderWay = false;
  #preemptions = 0;

  /** @throws RangeError when a limit is not a whole number of at least 1, or the overhead is negative. */
  constructor(options: EngineOptions) {
    const { coefficients, maxNumSeqs, tokenBudget, blockTokens } = { ...engineDefaults, ...options };
    const overheadMs = options.overheadMs ?? coefficients.overheadMs;
    const kvTokens = options.kvTokens ?? coefficients.kvTokens;
    if (!(overheadMs >= 0)) throw new RangeError(`overheadMs must be at least 0, received ${overheadMs}`);
    requireCount('maxNumSeqs', maxNumSeqs);
    requireCount('tokenBudget', tokenBudget);
    requireCount('blockTokens', blockTokens);
    if (kvTokens !== Number.POSITIVE_INFINITY) requireCount('kvTokens', kvTokens);
    this.#timer = new StepTimer(coefficients, overheadMs, tokenBudget);
    this.#kv = new KvCache(kvTokens, blockTokens);
    this.#maxNumSeqs = maxNumSeqs;
    this.#tokenBudget = tokenBudget;
  }

  /** Requests that have a place in the batch. */
  get running(): number {
    return this.#running.length;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether no request is in the engine. */
  get idle(): boolean {
    return this.#byId.size === 0;
  }

  /** Tokens of KV cache handed out, in whole blocks. */
  get kvTokensUsed(): number {
    return this.#kv.heldTokens;
  }

  /** How often a request lost its place so far. */
  get preemptions(): number {
    return this.#preemptions;
  }

  /**
   * Queues a request. It takes part from the next step on.
   * @throws RangeError when a length is not a whole number of at least 1, when the id is in the engine already, and
   * when the KV cache could not hold the request even alone.
   */
  submit(request: EngineRequest): void {
    const { id, promptTokens, outputTokens } = request;
    requireCount('promptTokens', promptTokens);
    requireCount('outputTokens', outputTokens);
    if (this.#byId.has(id)) throw new RangeError(`request id ${id} is in the engine already`);
    const sequence = new Sequence(id, promptTokens, outputTokens);
    if (sequence.maxCachedTokens > this.#kv.capacityTokens) {
      throw new RangeError(
        `request ${id} needs ${sequence.maxCachedTokens} tokens of KV cache ` +
          `(promptTokens ${promptTokens}, outputTokens ${outputTokens}); the engine has ${this.#kv.capacityTokens}`,
      );
    }
    this.#byId.set(id, sequence);
    this.#waiting.push(sequence);
  }

  /** Forgets a request, also while a step is under way, whose duration stays as it is. An unknown id is ignored. */
  abort(id: number): void {
    const sequence = this.#byId.get(id);
    if (sequence === undefined) return;
    this.#byId.delete(id);
    sequence.scheduled = 0;
    this.#release(sequence);
    if (!this.#waiting.remove(sequence)) this.#running.splice(this.#running.indexOf(sequence), 1);
  }

  /**
   * Schedules the next step.
   * @returns its duration in ms, or undefined when there is nothing to run.
   */
  beginStep(): number | undefined {
    if (this.#stepUnderWay) throw new Error('beginStep: the step before has not ended');
    this.#load.clear();
    const budget = this.#scheduleRunning(this.#tokenBudget);
    this.#admitWaiting(budget);
    if (this.#inStep.length === 0) return undefined;
    this.#stepUnderWay = true;
    return this.#timer.stepMs(this.#load);
  }

  /** Applies the step begun. */
  endStep(): StepOutcome {
    const emitted: number[] = [];
    const finished: number[] = [];
    this.endStepInto({
      token(id, _ordinal, last) {
        emitted.push(id);
        if (last) finished.push(id);
      },
    });
    return { emitted, finished };
  }

  /** Applies the step begun, like `endStep`, and reports its tokens without allocating anything. */
  endStepInto(listener: TokenListener): void {
    if (!this.#stepUnderWay) throw new Error('endStep: no step has begun');
    this.#stepUnderWay = false;
    let someFinished = false;
    for (const sequence of this.#inStep) {
      if (!sequence.computeScheduled()) continue;
      const last = sequence.finished;
      listener.token(sequence.id, sequence.generated, last);
      someFinished ||= last;
    }
    this.#inStep.length = 0;
    if (someFinished) this.#dropFinished();
  }

  /**
   * The steps ahead that are all alike, if there are any: every running request decodes, none finishes, and nobody joins
   * or loses its place. It holds until the next submit or abort. Only between steps.
   */
  stretch(): Stretch | undefined {
    const spareBudget = this.#tokenBudget - this.#running.length;
    if (this.#stepUnderWay || this.#running.length === 0 || spareBudget < 0) return undefined;
    if (spareBudget > 0 && this.#canAdmit()) return undefined;
    this.#load.clear();
    let steps = Number.POSITIVE_INFINITY;
    for (const sequence of this.#running) {
      if (sequence.prefilling) return undefined;
      steps = Math.min(steps, sequence.outputTokens - sequence.generated - 1);
      this.#load.addDecode(sequence.computed);
    }
    steps = this.#stepsWithRoom(steps);
    if (steps === 0) return undefined;
    const growthMs = this.#timer.decodeGrowthMs(this.#running.length);
    return { steps, firstMs: this.#timer.stepMs(this.#load), growthMs };
  }

  /** Takes `steps` steps at once, at most those of the stretch ahead. */
  skip(steps: number): void {
    for (const sequence of this.#running) {
      sequence.decode(steps);
      this.#hold(sequence, sequence.computed);
    }
  }

  /** The largest number of decoding steps, up to `most`, that the KV cache has room for. */
  #stepsWithRoom(most: number): number {
    const enoughForAll = this.#running.length * this.#kv.wholeBlocks(most);
    if (enoughForAll <= this.#kv.freeTokens || this.#tokensToDecode(most) <= this.#kv.freeTokens) return most;
    let enough = 0;
    let tooMany = most;
    while (tooMany - enough > 1) {
      const middle = Math.floor((enough + tooMany) / 2);
      if (this.#tokensToDecode(middle) <= this.#kv.freeTokens) enough = middle;
      else tooMany = middle;
    }
    return enough;
  }

  /** What the running requests must hold on top, to decode `steps` tokens each. */
  #tokensToDecode(steps: number): number {
    let tokens = 0;
    for (const sequence of this.#running) {
      tokens += this.#kv.wholeBlocks(sequence.computed + steps) - sequence.heldTokens;
    }
    return tokens;
  }

  /** Spends what is left of the budget on running requests, oldest first, and returns the rest. */
  #scheduleRunning(tokenBudget: number): number {
    let budget = tokenBudget;
    for (let index = 0; index < this.#running.length && budget > 0; index += 1) {
      const sequence = this.#running[index]!;
      const tokens = Math.min(sequence.pending, budget);
      if (!this.#makeRoom(sequence, tokens)) break;
      this.#schedule(sequence, tokens);
      budget -= tokens;
    }
    return budget;
  }

  /** Whoever was preempted in this step heads the queue, and cannot return yet: part of its KV blocks is taken. */
  #admitWaiting(tokenBudget: number): void {
    let budget = tokenBudget;
    while (budget > 0 && this.#canAdmit()) {
      const sequence = this.#waiting.first!;
      const tokens = Math.min(sequence.pending, budget);
      this.#waiting.dropFirst();
      this.#running.push(sequence);
      this.#schedule(sequence, tokens);
      budget -= tokens;
    }
  }

  /** Whether the next waiting request may enter, as far as places and KV cache go. */
  #canAdmit(): boolean {
    const next = this.#waiting.first;
    if (next === undefined || this.#running.length >= this.#maxNumSeqs) return false;
    return this.#kv.wholeBlocks(next.pending) <= this.#kv.freeTokens;
  }

  /**
   * Preempts the youngest until `sequence` can compute `tokens` more. Who comes later in `running` is not scheduled yet,
   * so nobody loses a place in the step. False when `sequence` itself was the youngest, and had to go.
   */
  #makeRoom(sequence: Sequence, tokens: number): boolean {
    const total = sequence.computed + tokens;
    if (total <= sequence.heldTokens) return true;
    const needed = this.#kv.wholeBlocks(total) - sequence.heldTokens;
    while (needed > this.#kv.freeTokens) {
      const youngest = this.#running.pop()!;
      this.#preempt(youngest);
      if (youngest === sequence) return false;
    }
    return true;
  }

  #preempt(sequence: Sequence): void {
    this.#preemptions += 1;
    this.#release(sequence);
    sequence.restart();
    this.#waiting.unshift(sequence);
  }

  /** Gives `sequence` its part in the step, with the KV blocks for it. */
  #schedule(sequence: Sequence, tokens: number): void {
    this.#hold(sequence, sequence.computed + tokens);
    sequence.scheduled = tokens;
    this.#inStep.push(sequence);
    if (sequence.prefilling) this.#load.addChunk(tokens, sequence.computed, tokens === sequence.pending);
    else this.#load.addDecode(sequence.computed);
  }

  #dropFinished(): void {
    let kept = 0;
    for (const sequence of this.#running) {
      if (sequence.finished) {
        this.#byId.delete(sequence.id);
        this.#release(sequence);
      } else {
        this.#running[kept] = sequence;
        kept += 1;
      }
    }
    this.#running.length = kept;
  }

  /** Makes sure that `sequence` holds room for `tokens`; the caller knows that there is. */
  #hold(sequence: Sequence, tokens: number): void {
    if (tokens <= sequence.heldTokens) return;
    const total = this.#kv.wholeBlocks(tokens);
    this.#kv.take(total - sequence.heldTokens);
    sequence.heldTokens = total;
  }

  #release(sequence: Sequence): void {
    this.#kv.release(sequence.heldTokens);
    sequence.heldTokens = 0;
  }
}

function requireCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new RangeError(`${name} must be a whole number of at least 1, received ${value}`);
}
