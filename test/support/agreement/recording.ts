import type { Observation } from '../../../src/routing/observation.ts';
import type { PoolSnapshot } from '../../../src/routing/snapshot.ts';

/** What was decided on. */
export interface SeenDecision {
  readonly observation: Observation;
  /** One per action of the observation, in its order. */
  readonly scores: readonly number[];
}

/** One decision of the running gateway. It comes over HTTP, so the set of what its request needs is lost. */
export interface RecordedDecision extends SeenDecision {
  /** What the isolate knew of the pool; absent when a newer snapshot arrived before it could be noted. */
  readonly snapshot?: PoolSnapshot;
}

/** Of one answer's headers. */
export interface ServedHead {
  readonly requestId: string;
  readonly serverTiming: string;
}

/** What a recording gateway noted since it was last asked. */
export interface Recording {
  /** In the order in which they were made. */
  readonly decisions: readonly RecordedDecision[];
  readonly heads: readonly ServedHead[];
}
