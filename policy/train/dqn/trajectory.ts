import type { Credit } from '../../environment/environment.ts';

/** One thing to learn from: what a choice and those after it earned, and where that led. */
export interface Transition {
  readonly state: Float32Array;
  readonly choice: number;
  /** What was earned less the peaks, so never above 0; later rewards count less. */
  readonly reward: number;
  readonly nextState: Float32Array;
  /** Per choice whether it is allowed there. */
  readonly nextMask: readonly boolean[];
  /** What the value of the next state counts. */
  readonly discount: number;
}

/** Where a decision was taken, or would have been. */
export interface Place {
  readonly state: Float32Array;
  readonly mask: readonly boolean[];
  readonly atMs: number;
}

interface Choice extends Place {
  readonly decision: number;
  readonly choice: number;
  /** The most that can be earned on its request. */
  readonly peak: number;
}

export interface Discounting {
  /** What is earned so much later counts 1/e of what is earned now. */
  readonly horizonMs: number;
  /** Rewards of all choices within this time are added up before the value of where they led is estimated. */
  readonly returnMs: number;
}

/**
 * Choices on their way to become transitions. What a choice earned is known when its request has ended, many choices
 * later; it waits here until that is known of it and of those that its return is made of.
 *
 * Rewards are taken relative to the peak. That depends on the request and not on the choice, so the best policy is the
 * same; but values then tell choices apart, where they would count the requests to come, which is many times as much
 * and differs with the load.
 */
export class Trajectory {
  readonly #discounting: Discounting;
  /** In the order they were made. */
  #choices: Choice[] = [];
  readonly #rewards = new Map<number, number>();

  constructor(discounting: Discounting) {
    this.#discounting = discounting;
  }

  add(choice: Choice): void {
    this.#choices.push(choice);
  }

  credit(credits: readonly Credit[]): void {
    for (const { decision, reward } of credits) this.#rewards.set(decision, reward);
  }

  /** Takes out, oldest first, the transitions all of whose parts are known. */
  take(): Transition[] {
    const transitions: Transition[] = [];
    for (const [index, choice] of this.#choices.entries()) {
      const until = choice.atMs + this.#discounting.returnMs;
      let next = index + 1;
      while (next < this.#choices.length && this.#choices[next]!.atMs < until) next += 1;
      if (next === this.#choices.length) break;
      const transition = this.#transition(index, next, this.#choices[next]!);
      if (transition === undefined) break;
      transitions.push(transition);
    }
    for (const { decision } of this.#choices.splice(0, transitions.length)) this.#rewards.delete(decision);
    return transitions;
  }

  /** The last ones, once everything is credited: they reach to the horizon and bootstrap from there. */
  finish(horizon: Place): Transition[] {
    const transitions = this.take();
    const last = this.#choices.length;
    for (const index of this.#choices.keys()) transitions.push(this.#transition(index, last, horizon)!);
    this.#choices = [];
    return transitions;
  }

  /** From one choice to a later place; undefined while a reward in between is unknown. */
  #transition(first: number, end: number, next: Place): Transition | undefined {
    const { state, choice, atMs } = this.#choices[first]!;
    const weight = (laterMs: number) => Math.exp((atMs - laterMs) / this.#discounting.horizonMs);
    let sum = 0;
    for (let index = first; index < end; index += 1) {
      const made = this.#choices[index]!;
      const reward = this.#rewards.get(made.decision);
      if (reward === undefined) return undefined;
      sum += weight(made.atMs) * (reward - made.peak);
    }
    return {
      state,
      choice,
      reward: sum,
      nextState: next.state,
      nextMask: next.mask,
      discount: weight(next.atMs),
    };
  }
}
