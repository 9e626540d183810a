import { coefficientsNamed } from '../../../policy/simulator/coefficients.ts';
import { Engine } from '../../../policy/simulator/engine.ts';
import { Gpu } from '../../../policy/simulator/gpu.ts';
import type { Timeline } from './timeline.ts';

/** One choice of an answer, to be computed. */
export interface Sequence {
  /** Unique on the replica. */
  readonly id: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Called for each token, with the time on the timeline at which it was due. */
  token(atMs: number): void;
  /** Called after the last token. */
  finished(): void;
}

export interface ReplicaLoad {
  readonly running: number;
  readonly waiting: number;
  readonly kvTokensUsed: number;
}

/**
 * One GPU in real time. Steps follow each other on a clock of the replica's own: the next one begins when the last
 * one was due, not when its timer happened to fire, so that late timers neither add up nor slow the GPU down. Steps
 * that are due already run in one go.
 */
export class Replica {
  readonly #timeline: Timeline;
  readonly #speed: number;
  readonly #engines: readonly Engine[];
  readonly #gpu: Gpu;
  readonly #sequences = new Map<number, { readonly engine: Engine; readonly sequence: Sequence }>();
  /** When the step under way ends; undefined while the GPU is idle. */
  #dueMs: number | undefined;
  #cancelTimer: () => void = () => {};

  /** @param coefficients rows of the step-time table, one engine each, in the order `submit` counts them. */
  constructor(coefficients: readonly string[], timeline: Timeline, speed: number) {
    this.#timeline = timeline;
    this.#speed = speed;
    this.#engines = coefficients.map((name) => new Engine({ coefficients: coefficientsNamed(name) }));
    this.#gpu = new Gpu(this.#engines);
  }

  /** Sequences submitted and not finished, on all engines. */
  get outstanding(): number {
    return this.#sequences.size;
  }

  load(engine: number): ReplicaLoad {
    const { running, waiting, kvTokensUsed } = this.#engine(engine);
    return { running, waiting, kvTokensUsed };
  }

  /** Queues sequences that came together: all of them may take part in the next step. */
  submit(engineIndex: number, sequences: readonly Sequence[]): void {
    this.#runDue();
    const engine = this.#engine(engineIndex);
    for (const sequence of sequences) {
      engine.submit(sequence);
      this.#sequences.set(sequence.id, { engine, sequence });
    }
    if (this.#dueMs === undefined) this.#begin(this.#timeline.now());
    this.#arm();
  }

  /** Frees the sequence's place and memory; it hears no more. */
  abort(id: number): void {
    const entry = this.#sequences.get(id);
    if (entry === undefined) return;
    this.#sequences.delete(id);
    entry.engine.abort(id);
  }

  stop(): void {
    this.#cancelTimer();
    this.#sequences.clear();
    this.#dueMs = undefined;
  }

  #begin(atMs: number): void {
    const step = this.#gpu.beginStep();
    this.#dueMs = step && atMs + step.durationMs / this.#speed;
  }

  /** Ends every step that is due, each beginning where the one before ended. */
  #runDue(): void {
    const now = this.#timeline.now();
    while (this.#dueMs !== undefined && this.#dueMs <= now) {
      const endedMs = this.#dueMs;
      const { emitted, finished } = this.#gpu.endStep();
      for (const id of emitted) this.#sequences.get(id)?.sequence.token(endedMs);
      for (const id of finished) this.#finish(id);
      this.#begin(endedMs);
    }
  }

  #finish(id: number): void {
    const entry = this.#sequences.get(id);
    this.#sequences.delete(id);
    entry?.sequence.finished();
  }

  #arm(): void {
    this.#cancelTimer();
    if (this.#dueMs === undefined) return;
    this.#cancelTimer = this.#timeline.at(this.#dueMs, () => {
      this.#runDue();
      this.#arm();
    });
  }

  #engine(index: number): Engine {
    const engine = this.#engines[index];
    if (engine === undefined) throw new RangeError(`engine: ${index}, of ${this.#engines.length}`);
    return engine;
  }
}
