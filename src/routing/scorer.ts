import type { Observation } from './observation.ts';

/**
 * Scores every action of an observation, the higher the better. One number per action, in order, never NaN;
 * -Infinity vetoes an action. Masked actions are scored like any other and dropped by `rank`.
 */
export interface Scorer {
  readonly name: string;
  score(observation: Observation): ArrayLike<number> | Promise<ArrayLike<number>>;
}

/** A scorer that answers at once; what the simulator drives. */
export interface SyncScorer extends Scorer {
  score(observation: Observation): ArrayLike<number>;
}
