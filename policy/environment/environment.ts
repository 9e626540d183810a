/**
 * A decision process seen one decision at a time, with what a learner needs kept apart. `contract.ts` checks that an
 * environment does what is said here.
 */
export interface Environment<Seen> {
  /** Actions are the whole numbers below this. */
  readonly actions: number;
  /** Begins a new episode; the same seed and the same actions give the same episode. */
  reset(seed: number): Situation<Seen>;
  /**
   * Takes an action for the decision at hand and goes on to the next one.
   * @throws RangeError for no action and for a masked one
   * @throws Error before the first `reset` and after the end of an episode
   */
  step(action: number): Step<Seen>;
}

/** A decision to take. */
export interface Situation<Seen> {
  /** Unique within the episode. Credits name it. */
  readonly decision: number;
  /** Belongs to whoever received it: the environment never changes it afterwards. */
  readonly observation: Seen;
  /** Per action whether it may be taken; at least one may. */
  readonly mask: readonly boolean[];
  /** On the episode's clock. */
  readonly nowMs: number;
}

/** What an action led to: the next decision, and what was earned on the way there. */
export interface Step<Seen> extends Situation<Seen> {
  /** The sum of the credits. */
  readonly reward: number;
  /** What became known since the last decision, of this one or of earlier ones. Each decision is credited once. */
  readonly credits: readonly Credit[];
  /** The process is over: nothing can be earned any more, so the next decision is worth nothing. */
  readonly terminated: boolean;
  /**
   * Only the watching is over: the process would go on from the next decision, whose value has to be estimated. Every
   * horizon is a truncation. No action is taken there.
   */
  readonly truncated: boolean;
}

/** What one decision earned, known once its request has ended. */
export interface Credit {
  readonly decision: number;
  readonly reward: number;
}
