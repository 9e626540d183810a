import type { Random } from '../../../src/platform/random.ts';

/**
 * Draws choices at random, one mixture of them per episode. Every mixture is as likely as any other: under an even one
 * GPUs that several models share would be overloaded nearly always, and nothing would be seen of the states that a good
 * policy keeps them in.
 */
export class Explorer {
  readonly #random: Random;
  readonly #weights: readonly number[];

  constructor(choices: number, random: Random) {
    this.#random = random;
    // Exponential variates over their sum are uniform over all mixtures.
    this.#weights = Array.from({ length: choices }, () => -Math.log(1 - random()));
  }

  explores(share: number): boolean {
    return this.#random() < share;
  }

  /** One of those the mask allows, at least one of which it does. */
  choose(mask: readonly boolean[]): number {
    const weights = this.#weights.map((weight, choice) => (mask[choice] ? weight : 0));
    let left = this.#random() * weights.reduce((sum, weight) => sum + weight, 0);
    let chosen = mask.indexOf(true);
    for (const [choice, weight] of weights.entries()) {
      if (weight === 0) continue;
      chosen = choice;
      left -= weight;
      if (left < 0) break;
    }
    return chosen;
  }
}
