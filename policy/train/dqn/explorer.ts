import type { Random } from '../../../src/platform/random.ts';

/** How long one mixture lasts: long enough to fill GPUs with it, or to clear them of the one before. */
const MIXTURE_MS = 1_000;

/**
 * Draws choices at random, from one mixture of them for a while and then from another. Every mixture is as likely as any
 * other: under an even one GPUs that several models share would be overloaded nearly always, and nothing would be seen
 * of the states that a good policy keeps them in, nor of the way back there.
 */
export class Explorer {
  readonly #choices: number;
  readonly #random: Random;
  #weights: readonly number[] = [];
  #redrawMs = Number.NEGATIVE_INFINITY;

  constructor(choices: number, random: Random) {
    this.#choices = choices;
    this.#random = random;
  }

  explores(share: number): boolean {
    return this.#random() < share;
  }

  /** One of those the mask allows, at least one of which it does. */
  choose(mask: readonly boolean[], nowMs: number): number {
    if (nowMs >= this.#redrawMs) this.#redraw(nowMs);
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

  #redraw(nowMs: number): void {
    this.#redrawMs = nowMs + MIXTURE_MS;
    // Exponential variates over their sum are uniform over all mixtures.
    this.#weights = Array.from({ length: this.#choices }, () => -Math.log(1 - this.#random()));
  }
}
