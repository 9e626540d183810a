import type { Credit } from '../../environment/environment.ts';

/** A choice, and where it led. */
interface Choice {
  readonly state: Float32Array;
  readonly choice: number;
  readonly nextState: Float32Array;
  /** Per choice whether it was allowed there. */
  readonly nextMask: readonly boolean[];
}

/** A choice whose request is on its way. */
interface Unpaid extends Choice {
  /** The most that can be earned on its request. */
  readonly peak: number;
}

/** One thing to learn from. */
export interface Transition extends Choice {
  /** What the choice earned less the peak, so never above 0. */
  readonly reward: number;
}

/**
 * Choices on their way to become transitions. Where a choice led is known with the next decision; what it earned is
 * known when its request has ended, many decisions later.
 *
 * Rewards are taken relative to the peak. That depends on the request and not on the choice, so the best policy is the
 * same; but values then tell choices apart, where they would count the requests to come, which is dozens of times as
 * much and differs with the load.
 */
export class Trajectory {
  readonly #unpaid = new Map<number, Unpaid>();

  /**
   * @param decision the one the choice was made for
   * @param credits what became known meanwhile, of this choice or of earlier ones
   * @returns the transitions this makes whole
   */
  add(decision: number, choice: Unpaid, credits: readonly Credit[]): Transition[] {
    this.#unpaid.set(decision, choice);
    return credits.map((credit) => {
      const paid = this.#unpaid.get(credit.decision);
      if (paid === undefined)
        throw new Error(`decision ${credit.decision}: credited, but nothing waits for it`);
      this.#unpaid.delete(credit.decision);
      const { peak, ...made } = paid;
      return { ...made, reward: credit.reward - peak };
    });
  }
}
