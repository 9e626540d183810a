/** The quantiles that are predicted, in order. */
export type Levels = readonly [p10: number, p50: number, p90: number];
export const LEVELS: Levels = [0.1, 0.5, 0.9];

/** How good the predictions of a task have been lately, each judged before its answer taught anything. */
export interface Calibration {
  /** Answers learned from. */
  readonly samples: number;
  /** Share of answers no longer than each predicted quantile: 0.1, 0.5 and 0.9 if they are right. */
  readonly coverage: Levels;
  /**
   * Kendall's τ between predicted and actual lengths, over pairs of answers that ended near each other: 1 orders them
   * all rightly, 0 no better than chance.
   */
  readonly kendallTau: number;
}

/** A calibration in the making. Plain data. */
export interface CalibrationState extends Calibration {
  /** The latest answers, in any order. */
  readonly recent: { readonly predicted: readonly number[]; readonly actual: readonly number[] };
}

/** Weight of one answer, once there were enough. */
const WEIGHT = 0.005;
/** Answers each new one is compared with. */
const RECENT = 16;

/** Judges predictions by the lengths that answers turned out to have. */
export class Judge {
  #samples: number;
  readonly #coverage: [number, number, number];
  #kendallTau: number;
  readonly #predicted: number[];
  readonly #actual: number[];

  constructor(state?: CalibrationState) {
    this.#samples = state?.samples ?? 0;
    this.#coverage = [...(state?.coverage ?? LEVELS)];
    this.#kendallTau = state?.kendallTau ?? 0;
    this.#predicted = [...(state?.recent.predicted ?? [])];
    this.#actual = [...(state?.recent.actual ?? [])];
  }

  get samples(): number {
    return this.#samples;
  }

  /**
   * Judges one prediction.
   * @param predicted what orders it among the others of its task, on any scale
   * @param actual what orders its answer among the others, on any scale
   * @param deviations of the answer, on the scale of the quantiles
   */
  judge(predicted: number, actual: number, deviations: number, quantiles: Levels): void {
    const weight = Math.max(1 / (this.#samples + 1), WEIGHT);
    for (let level = 0; level < 3; level++) {
      const isCovered = deviations <= quantiles[level]!;
      this.#coverage[level]! += weight * ((isCovered ? 1 : 0) - this.#coverage[level]!);
    }
    // The first answer had none to be compared with.
    if (this.#samples > 0)
      this.#kendallTau +=
        Math.max(1 / this.#samples, WEIGHT) * (this.#concordance(predicted, actual) - this.#kendallTau);
    const place = this.#samples % RECENT;
    this.#predicted[place] = predicted;
    this.#actual[place] = actual;
    this.#samples += 1;
  }

  calibration(): Calibration {
    const [p10, p50, p90] = this.#coverage;
    return { samples: this.#samples, coverage: [p10, p50, p90], kendallTau: this.#kendallTau };
  }

  state(): CalibrationState {
    return {
      ...this.calibration(),
      recent: { predicted: [...this.#predicted], actual: [...this.#actual] },
    };
  }

  /** Mean over the recent answers: 1 where both differ in the same direction, −1 where they do not, 0 for ties. */
  #concordance(predicted: number, actual: number): number {
    let sum = 0;
    for (let other = 0; other < this.#actual.length; other++)
      sum += Math.sign((predicted - this.#predicted[other]!) * (actual - this.#actual[other]!));
    return sum / this.#actual.length;
  }
}
