import { type CalibrationState, Judge } from './calibration.ts';
import { predictionAt, type TaskLengths } from './length-model.ts';
import { type Filters, type PredictorState, TaskPredictor, untaughtPredictor } from './task-predictor.ts';

/**
 * What the features must add to the log-likelihood of an answer before they are used: a spread narrower by this share.
 * Where they tell nothing, their errors would only make predictions worse.
 */
const LEAST_GAIN = 0.02;
/** Weight of one answer in the gain and in the mean of the variants, once there were enough. */
const WEIGHT = 0.005;

/** What one task has taught. Plain data. */
export interface TaskState {
  readonly plain: PredictorState;
  readonly featured: PredictorState;
  readonly gain: number;
  readonly variantOffset: number;
  readonly calibration: CalibrationState;
}

/** Slots of its bases a task needs in each filter. */
export const BASES = 2;

/** Learns one task's lengths twice, by the task alone and by the features, and so whether these tell anything. */
export class TaskLearner {
  readonly #filters: Filters;
  readonly #baseSlot: number;
  readonly #plainSlots: readonly number[];
  readonly #plain: TaskPredictor;
  readonly #featured: TaskPredictor;
  readonly #judge: Judge;
  /** What the features add to the log-likelihood of an answer. */
  #gain: number;
  /** What the variants that answered add to the location, in the mean. */
  #variantOffset: number;

  /**
   * @param baseSlot the first of `BASES` of its own
   * @param meanTokens before any answer
   */
  constructor(filters: Filters, baseSlot: number, meanTokens: number, state?: TaskState) {
    const prior = untaughtPredictor(meanTokens);
    this.#filters = filters;
    this.#baseSlot = baseSlot;
    this.#plainSlots = [baseSlot];
    this.#plain = new TaskPredictor(filters, baseSlot, state?.plain ?? prior);
    this.#featured = new TaskPredictor(filters, baseSlot + 1, state?.featured ?? prior);
    this.#judge = new Judge(state?.calibration);
    this.#gain = state?.gain ?? 0;
    this.#variantOffset = state?.variantOffset ?? 0;
  }

  /** @param variantSlot what only the location depends on */
  learn(slots: readonly number[], variantSlot: number, outputTokens: number, isCutShort: boolean): void {
    const { samples } = this.#judge;
    const answer = { logTokens: Math.log(outputTokens), isCutShort, samples };
    const { usesFeatures } = this;
    const plain = this.#plain.learn(this.#plainSlots, 1, answer, usesFeatures ? undefined : this.#judge);
    const own = [this.#baseSlot + 1];
    for (const slot of slots) own.push(slot);
    const scaleSlots = own.push(variantSlot) - 1;
    const featured = this.#featured.learn(own, scaleSlots, answer, usesFeatures ? this.#judge : undefined);
    if (isCutShort) return;
    const weight = Math.max(1 / (samples + 1), WEIGHT);
    const variantOffset = this.#filters.locations.at(variantSlot).mean;
    this.#gain += weight * (featured - plain - this.#gain);
    this.#variantOffset += weight * (variantOffset - this.#variantOffset);
  }

  lengths(): TaskLengths {
    const calibration = this.#judge.calibration();
    if (!this.usesFeatures) {
      const shape = this.#plain.shape();
      const prediction = { ...predictionAt(shape, shape.location, shape.scale), calibration };
      return { usesFeatures: false, prediction };
    }
    const shape = this.#featured.shape();
    const variantOffset = this.#variantOffset;
    const location = shape.location + variantOffset;
    return { usesFeatures: true, shape: { ...shape, location }, variantOffset, calibration };
  }

  state(): TaskState {
    return {
      plain: this.#plain.state(),
      featured: this.#featured.state(),
      gain: this.#gain,
      variantOffset: this.#variantOffset,
      calibration: this.#judge.state(),
    };
  }

  get usesFeatures(): boolean {
    return this.#gain >= LEAST_GAIN;
  }
}
