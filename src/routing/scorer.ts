import type { Observation } from './observation.ts';

/**
 * Scores every action of an observation, the higher the better. One number per action, in order, never NaN;
 * -Infinity vetoes an action. Masked actions are scored like any other and dropped by `rank`.
 */
export interface Scorer {
  readonly name: string;
  /** @throws ScorerFault when it cannot score now; another scorer is then to decide */
  score(observation: Observation): ArrayLike<number> | Promise<ArrayLike<number>>;
}

/** A scorer that answers at once; what the simulator drives. */
export interface SyncScorer extends Scorer {
  score(observation: Observation): ArrayLike<number>;
}

/** Why a scorer could not score: words of `x-route-reason` and of the records. */
export type ScorerFaultKind =
  /** No artifact of that name comes with the Worker. */
  | 'artifact-missing'
  /** The bucket where artifacts are published did not answer. */
  | 'artifact-unreachable'
  /** The manifest is not one. */
  | 'manifest-invalid'
  /** The network's file is another than the one the manifest describes. */
  | 'hash-mismatch'
  /** Trained on observations of another version. */
  | 'observation-version-mismatch'
  /** Trained on other features, or on the same ones scaled or ordered otherwise. */
  | 'features-mismatch'
  /** The network's file is the one described, but cannot be read. */
  | 'network-unreadable'
  /** What is to run the network does not come with the Worker. */
  | 'runtime-missing'
  /** What runs the network did not start. */
  | 'runtime-failed'
  /** The network ran and failed. */
  | 'inference-failed'
  /** A score was no number. */
  | 'not-a-number';

/** A scorer that depends on more than code could not score. The message says why, for the log. */
export class ScorerFault extends Error {
  readonly kind: ScorerFaultKind;

  constructor(kind: ScorerFaultKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ScorerFault';
    this.kind = kind;
  }
}
