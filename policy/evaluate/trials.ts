import type { WorkerPool } from '../parallel/worker-pool.ts';
import type { Fingerprints } from './fingerprint.ts';
import type { Trial, TrialResult } from './trial.ts';
import type { TrialStore } from './trial-store.ts';

export interface TrialsOptions {
  readonly pool: Pick<WorkerPool<Trial, TrialResult>, 'run'>;
  readonly fingerprints: Fingerprints;
  readonly store: TrialStore;
  /** Told of every trial asked for, and of every one that ended; `isStored`: it had been run before. */
  readonly onAsked?: (() => void) | undefined;
  readonly onEnded?: ((isStored: boolean) => void) | undefined;
}

/** Results of trials: those of earlier runs from the store, the others by running them, each once. */
export class Trials {
  readonly #options: TrialsOptions;
  readonly #asked = new Map<string, Promise<TrialResult>>();

  constructor(options: TrialsOptions) {
    this.#options = options;
  }

  run(trial: Trial): Promise<TrialResult> {
    const key = this.#options.fingerprints.of(trial);
    let result = this.#asked.get(key);
    if (result === undefined) {
      result = this.#resultOf(key, trial);
      this.#asked.set(key, result);
    }
    return result;
  }

  async #resultOf(key: string, trial: Trial): Promise<TrialResult> {
    const { store, pool, onAsked, onEnded } = this.#options;
    onAsked?.();
    const stored = store.get(key);
    const result = stored ?? (await pool.run(trial));
    if (stored === undefined) store.add(key, result);
    onEnded?.(stored !== undefined);
    return result;
  }
}
