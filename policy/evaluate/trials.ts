import type { WorkerPool } from '../parallel/worker-pool.ts';
import type { Fingerprints } from './fingerprint.ts';
import type { Bounds, Job, Results, Second, Trial, TrialResult, UnseenResult, UnseenTrial } from './trial.ts';
import type { TrialStore } from './trial-store.ts';

export interface TrialsOptions {
  readonly pool: Pick<WorkerPool<Job, Results[Job['kind']]>, 'run'>;
  readonly fingerprints: Pick<Fingerprints, 'of'>;
  readonly store: Pick<TrialStore, 'get' | 'add'>;
  /** Told of every job asked for, and of every one that ended; `isStored`: it had been done before. */
  readonly onAsked?: (() => void) | undefined;
  readonly onEnded?: ((isStored: boolean) => void) | undefined;
}

/** Results of trials: those of earlier runs from the store, the others by running them, each once. */
export class Trials {
  readonly #options: TrialsOptions;
  readonly #asked = new Map<string, Promise<unknown>>();

  constructor(options: TrialsOptions) {
    this.#options = options;
  }

  run(trial: Trial): Promise<TrialResult> {
    return this.#do<'measures'>({ kind: 'measures', ...trial });
  }

  seconds(trial: Trial): Promise<readonly Second[]> {
    return this.#do<'seconds'>({ kind: 'seconds', ...trial });
  }

  bounds(setting: Trial['setting'], seed: number): Promise<Bounds> {
    return this.#do<'bounds'>({ kind: 'bounds', setting, seed });
  }

  unseen(trial: UnseenTrial): Promise<UnseenResult> {
    return this.#do<'unseen'>({ kind: 'unseen', ...trial });
  }

  #do<Kind extends Job['kind']>(job: Job & { kind: Kind }): Promise<Results[Kind]> {
    const key = this.#options.fingerprints.of(job);
    let result = this.#asked.get(key);
    if (result === undefined) {
      result = this.#resultOf(key, job);
      this.#asked.set(key, result);
    }
    // The key tells the kind and the code, so what it leads to was made by this code for a job of this kind.
    return result as Promise<Results[Kind]>;
  }

  async #resultOf(key: string, job: Job): Promise<unknown> {
    const { store, pool, onAsked, onEnded } = this.#options;
    onAsked?.();
    const stored = store.get(key);
    const result = stored ?? (await pool.run(job));
    if (stored === undefined) store.add(key, result);
    onEnded?.(stored !== undefined);
    return result;
  }
}
