import type { SyncScorer } from '../../src/routing/scorer.ts';
import { compete, contender } from '../arena/contender.ts';
import type { Fleet } from '../arena/fleet.ts';
import { type ContenderContext, contenderNamed } from '../rivals/contenders.ts';
import { findTuned, readTuned } from '../rivals/tuned.ts';
import { FIRST_TRAINING_SEED } from '../tune/tune.ts';
import { loadWorkload } from '../workloads/load.ts';
import type { WorkloadRequest } from '../workloads/request.ts';
import type { RuleToBeat } from './learner.ts';

/** Neither tuned nor trained on, and none of evaluation's. */
export const FIRST_VALIDATION_SEED = FIRST_TRAINING_SEED + 500_000;
/** Learners train on seeds from here on. */
export const FIRST_LEARNING_SEED = FIRST_TRAINING_SEED + 1_000_000;

export interface ValidationSizes {
  readonly seeds: number;
  /** Simulated time of each seed's run. */
  readonly durationMs: number;
}

const usual: ValidationSizes = { seeds: 3, durationMs: 30_000 };

/** How good a scorer is while it learns, beside the rule on the same requests. */
export class Validation {
  readonly rule: RuleToBeat;
  readonly #fleet: Fleet;
  readonly #runs: readonly { readonly seed: number; readonly requests: readonly WorkloadRequest[] }[];

  /** @param workload a name or a file */
  constructor(fleet: Fleet, workload: string, { seeds, durationMs }: ValidationSizes = usual) {
    const loaded = loadWorkload(workload, { tasks: Object.keys(fleet.catalogue.tasks), durationMs });
    this.#fleet = fleet;
    this.#runs = Array.from({ length: seeds }, (_, index) => {
      const seed = FIRST_VALIDATION_SEED + index;
      return { seed, requests: [...loaded.requests(seed)] };
    });
    const context: ContenderContext = { fleet, workload: loaded.name };
    const key = { scorer: 'shadow-price', fleet: fleet.name, workload: loaded.name } as const;
    const name = findTuned(readTuned(), key) === undefined ? 'shadow-price' : 'shadow-price-tuned';
    const rule = contenderNamed(name, context);
    this.rule = { name, utility: this.#mean((random) => rule.scorer(fleet, random)) };
  }

  utility(scorer: SyncScorer): number {
    return this.#mean(() => scorer);
  }

  #mean(scorer: (random: () => number) => SyncScorer): number {
    const validated = contender('validated', (_, random) => scorer(random));
    const utilities = this.#runs.map(
      ({ seed, requests }) => compete(validated, this.#fleet, requests, seed).utility,
    );
    return utilities.reduce((sum, utility) => sum + utility, 0) / utilities.length;
  }
}
