import type { Engine, StepOutcome, Stretch, TokenListener } from './engine.ts';

export interface BegunStep {
  readonly engine: number;
  readonly durationMs: number;
}

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
  beginStep(): BegunStep | undefined {
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
    const engine = this.#endTurn();
    return { engine, ...this.#engines[engine]!.endStep() };
  }

  /** Applies the step begun, like `endStep`, and reports its tokens without allocating anything. */
  endStepInto(listener: TokenListener): void {
    this.#engines[this.#endTurn()]!.endStepInto(listener);
  }

  /**
   * The rounds ahead that are all alike, if there are any: in each, every engine that has work takes one step of its own
   * stretch. `firstMs` and `growthMs` are those of a round.
   */
  stretch(): Stretch | undefined {
    if (this.#stepUnderWay) return undefined;
    let steps = Number.POSITIVE_INFINITY;
    let firstMs = 0;
    let growthMs = 0;
    for (const engine of this.#engines) {
      if (engine.idle) continue;
      const own = engine.stretch();
      if (own === undefined) return undefined;
      steps = Math.min(steps, own.steps);
      firstMs += own.firstMs;
      growthMs += own.growthMs;
    }
    return firstMs === 0 ? undefined : { steps, firstMs, growthMs };
  }

  /** Takes `rounds` rounds of the stretch ahead at once. */
  skip(rounds: number): void {
    for (const engine of this.#engines) engine.skip(rounds);
  }

  #endTurn(): number {
    if (!this.#stepUnderWay) throw new Error('endStep: no step has begun');
    this.#stepUnderWay = false;
    return this.#turn;
  }
}
