import type { Slo } from '../../src/routing/catalogue.ts';
import type { Hardware } from '../arena/fleet.ts';
import { StepTimer } from '../simulator/step-time.ts';
import type { Lengths, RequestWork } from './request-work.ts';

/**
 * The GPU time of a request in a steady stream of its like: each step emits for the largest batch with which requests
 * are still on time, and reads as many prompts as it finishes answers. An estimate: real batches change from step to
 * step and mix requests of several kinds, mostly at a loss, but nothing says that they must lose.
 */
export class SteadyWork implements RequestWork {
  readonly #timer: StepTimer;
  readonly #maxNumSeqs: number;
  readonly #known = new Map<string, number>();

  constructor({ coefficients, maxNumSeqs, overheadMs }: Hardware) {
    this.#timer = new StepTimer(coefficients, overheadMs ?? coefficients.overheadMs, 0);
    this.#maxNumSeqs = maxNumSeqs;
  }

  requestMs(lengths: Lengths, slo: Slo): number {
    const longestMs = Math.min(
      (slo.e2eMs ?? Number.POSITIVE_INFINITY) / lengths.outputTokens,
      slo.tpotMs ?? Number.POSITIVE_INFINITY,
      slo.ttftMs ?? Number.POSITIVE_INFINITY,
    );
    const key = `${lengths.promptTokens} ${lengths.outputTokens} ${longestMs}`;
    let workMs = this.#known.get(key);
    if (workMs === undefined) {
      const batch = this.#largestBatch(lengths, longestMs);
      workMs =
        batch === 0
          ? Number.POSITIVE_INFINITY
          : (lengths.outputTokens * this.#stepMs(lengths, batch)) / batch;
      this.#known.set(key, workMs);
    }
    return workMs;
  }

  /** The most emissions per step that take no longer than `longestMs`; 0 when even one does. */
  #largestBatch(lengths: Lengths, longestMs: number): number {
    let fits = 0;
    let tooMany = this.#maxNumSeqs + 1;
    while (tooMany - fits > 1) {
      const batch = Math.floor((fits + tooMany) / 2);
      if (this.#stepMs(lengths, batch) <= longestMs) fits = batch;
      else tooMany = batch;
    }
    return fits;
  }

  /** A step of a batch whose requests are evenly spread over their progress. */
  #stepMs({ promptTokens, outputTokens }: Lengths, batch: number): number {
    const starting = batch / outputTokens;
    const decodes = batch - starting;
    return this.#timer.stepMs({
      decodes,
      contextTokens: decodes * (promptTokens + outputTokens / 2),
      chunks: starting,
      prefillTokens: starting * promptTokens,
      prefillPairs: (starting * promptTokens ** 2) / 2,
      emitted: batch,
    });
  }
}
