import type { Engine, StepOutcome } from './engine.ts';

/** The engines that share one GPU. They take steps in turn; one with nothing to run is passed over. */
export class Gpu {
  readonly #engines: readonly Engine[];
  /** Whose step is under way, or was the last. */
  #turn: number;
  #stepUnderWay = false;

  constructor(engines: readonly Engine[]) {
    this.#engines = engines;
    this.#turn = engines.length - 1;
  }

  /** Begins the step of the next engine that has something to run; undefined when none has. */
  beginStep(): { engine: number; durationMs: number } | undefined {
    if (this.#stepUnderWay) throw new Error('beginStep: the step before has not ended');
    for (let offset = 1; offset <= this.#engines.length; offset += 1) {
      const engine = (this.#turn + offset) % this.#engines.length;
      const durationMs = this.#engines[engine]!.beginStep();
      if (durationMs === undefined) continue;
      this.#turn = engine;
      this.#stepUnderWay = true;
      return { engine, durationMs };
    }
    return undefined;
  }

  /** Applies the step begun. */
  endStep(): StepOutcome & { engine: number } {
    if (!this.#stepUnderWay) throw new Error('endStep: no step has begun');
    this.#stepUnderWay = false;
    return { engine: this.#turn, ...this.#engines[this.#turn]!.endStep() };
  }
}
