import type { Stretch, TokenListener } from './engine.ts';
import type { Gpu } from './gpu.ts';

/** Told of what clients of the simulated GPU would notice, in order of time. */
export interface TimelineListener {
  firstToken(id: number, atMs: number): void;
  /** The last token, which for an answer of one token is also the first. */
  finished(id: number, atMs: number): void;
}

/**
 * A GPU under a simulated clock. It does not walk through stretches in which every request only decodes: their end
 * follows in closed form, so the cost of a simulation grows with the number of requests, not of tokens.
 *
 * Requests are submitted to the engines at the time the timeline stands at, that is after `run(arrivalMs, …)`. What
 * happens at one and the same moment happens in this order: a step ends, requests arrive, the next step begins.
 */
export class GpuTimeline {
  readonly #gpu: Gpu;
  #nowMs: number;
  /** When the step under way ends; undefined between steps. */
  #stepEndMs: number | undefined;
  #slowdown = 1;
  #listener: TimelineListener = silent;
  readonly #tokens: TokenListener = {
    token: (id, ordinal, last) => {
      if (ordinal === 1) this.#listener.firstToken(id, this.#nowMs);
      if (last) this.#listener.finished(id, this.#nowMs);
    },
  };

  constructor(gpu: Gpu, startMs = 0) {
    this.#gpu = gpu;
    this.#nowMs = startMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Steps that begin from now on take `factor` times as long; the one under way ends as planned. */
  slowDown(factor: number): void {
    this.#slowdown = factor;
  }

  /**
   * Lives on until `untilMs`, or with `Infinity` until there is nothing left to do. Steps that end by then have ended,
   * and the last one that began before then is under way.
   */
  run(untilMs: number, listener: TimelineListener): void {
    this.#listener = listener;
    while (this.#endStepBy(untilMs) && this.#nowMs < untilMs) {
      this.#skipUntil(untilMs);
      if (this.#nowMs >= untilMs || !this.#beginStep()) break;
    }
    if (untilMs !== Number.POSITIVE_INFINITY && untilMs > this.#nowMs) this.#nowMs = untilMs;
  }

  /**
   * The next moment at which a listener may be called, or `Infinity` when nothing is left to do, provided that nobody
   * submits or aborts before: what an event loop over several GPUs runs this one to. Call it when all that arrives at
   * `nowMs` has been submitted, because it begins the next step where only that tells its duration.
   */
  lookAhead(): number {
    if (this.#stepEndMs !== undefined) return this.#stepEndMs;
    const stretch = this.#stretch();
    if (stretch !== undefined) return this.#nowMs + durationMs(stretch.steps, stretch);
    this.#beginStep();
    return this.#stepEndMs ?? Number.POSITIVE_INFINITY;
  }

  /** False when there is nothing to run. */
  #beginStep(): boolean {
    const begun = this.#gpu.beginStep();
    if (begun === undefined) return false;
    this.#stepEndMs = this.#nowMs + begun.durationMs * this.#slowdown;
    return true;
  }

  #stretch(): Stretch | undefined {
    const stretch = this.#gpu.stretch();
    if (stretch === undefined || this.#slowdown === 1) return stretch;
    const { steps, firstMs, growthMs } = stretch;
    return { steps, firstMs: firstMs * this.#slowdown, growthMs: growthMs * this.#slowdown };
  }

  /** Ends the step under way if it ends by then; true when no step is under way any more. */
  #endStepBy(untilMs: number): boolean {
    if (this.#stepEndMs === undefined) return true;
    if (this.#stepEndMs > untilMs) return false;
    this.#nowMs = this.#stepEndMs;
    this.#stepEndMs = undefined;
    this.#gpu.endStepInto(this.#tokens);
    return true;
  }

  /** Jumps over the steps ahead that are all alike, as many of them as end by `untilMs`. */
  #skipUntil(untilMs: number): void {
    const stretch = this.#stretch();
    if (stretch === undefined) return;
    const steps = stepsWithin(untilMs - this.#nowMs, stretch);
    if (steps === 0) return;
    this.#gpu.skip(steps);
    this.#nowMs += durationMs(steps, stretch);
  }
}

const silent: TimelineListener = { firstToken() {}, finished() {} };

/** The duration of the first `steps` steps: each takes `growthMs` longer than the one before. */
function durationMs(steps: number, { firstMs, growthMs }: Stretch): number {
  return steps * firstMs + (growthMs * steps * (steps - 1)) / 2;
}

/** How many steps of the stretch fit into `gapMs`. */
function stepsWithin(gapMs: number, stretch: Stretch): number {
  if (durationMs(stretch.steps, stretch) <= gapMs) return stretch.steps;
  const { firstMs, growthMs } = stretch;
  // The root of growth/2·m² + (first − growth/2)·m = gap, in the form that also holds for no growth.
  const linear = firstMs - growthMs / 2;
  const root = (2 * gapMs) / (linear + Math.sqrt(linear * linear + 2 * growthMs * gapMs));
  let steps = Math.floor(root);
  // The root may be off by a rounding error on either side of a whole number.
  while (steps > 0 && durationMs(steps, stretch) > gapMs) steps -= 1;
  while (durationMs(steps + 1, stretch) <= gapMs) steps += 1;
  return steps;
}
