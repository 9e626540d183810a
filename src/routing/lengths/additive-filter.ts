import { SLOTS } from './features.ts';

/** An estimate and the variance of its error. Plain data. */
export interface Weight {
  readonly mean: number;
  readonly variance: number;
}

/** The weights of the features. Plain data. */
export interface FilterState {
  readonly means: Float32Array;
  readonly variances: Float32Array;
}

/**
 * Learns a quantity as a sum of weights, one for each slot an observation falls into: those of its features, and a base
 * whose slot comes after theirs. A Kalman filter that keeps only the diagonal of its covariance (as AdPredictor does,
 * Graepel et al. 2010). Each weight's own uncertainty sets its step, so a feature seen rarely moves far and counts
 * little: it is shrunk towards what the others say.
 */
export class AdditiveFilter {
  readonly #means: Float32Array;
  readonly #variances: Float32Array;
  readonly #drift: number;

  /**
   * @param options.bases how many slots come after those of the features; `setBase` fills them
   * @param options.priorVariance of a feature's weight nobody has taught; its mean is 0
   * @param options.drift added to a weight's variance by each observation, so that old ones fade
   */
  constructor(
    options: { readonly bases: number; readonly priorVariance: number; readonly drift: number },
    state?: FilterState,
  ) {
    this.#drift = options.drift;
    this.#means = new Float32Array(SLOTS + options.bases);
    this.#variances = new Float32Array(SLOTS + options.bases).fill(options.priorVariance);
    if (state === undefined) return;
    this.#means.set(state.means);
    this.#variances.set(state.variances);
  }

  setBase(slot: number, { mean, variance }: Weight): void {
    this.#means[slot] = mean;
    this.#variances[slot] = variance;
  }

  at(slot: number): Weight {
    return { mean: this.#means[slot]!, variance: this.#variances[slot]! };
  }

  /** Sum of the weights of the first `count` slots. */
  sum(slots: readonly number[], count: number): number {
    let sum = 0;
    for (let index = 0; index < count; index++) sum += this.#means[slots[index]!]!;
    return sum;
  }

  /** Variance of that sum's error: of what the weights have not learned yet. */
  uncertainty(slots: readonly number[], count: number): number {
    let variance = 0;
    for (let index = 0; index < count; index++) variance += this.#variances[slots[index]!]!;
    return variance;
  }

  /**
   * @param error of the sum: it should have been larger by so much
   * @param noise variance of the observation around a perfect prediction
   */
  learn(slots: readonly number[], count: number, error: number, noise: number): void {
    const variance = noise + this.uncertainty(slots, count);
    for (let index = 0; index < count; index++) {
      const slot = slots[index]!;
      const own = this.#variances[slot]!;
      this.#means[slot]! += (own / variance) * error;
      this.#variances[slot] = own - (own * own) / variance + this.#drift;
    }
  }

  /** The features' weights in whole steps of `1 / stepsPerUnit`, two bytes each. */
  rounded(stepsPerUnit: number): Int16Array {
    const rounded = new Int16Array(SLOTS);
    const most = 2 ** 15 - 1;
    for (let slot = 0; slot < SLOTS; slot++)
      rounded[slot] = Math.max(-most, Math.min(most, Math.round(this.#means[slot]! * stepsPerUnit)));
    return rounded;
  }

  state(): FilterState {
    return { means: this.#means.slice(0, SLOTS), variances: this.#variances.slice(0, SLOTS) };
  }
}
