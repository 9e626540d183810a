import type { AdditiveFilter, Weight } from './additive-filter.ts';
import { type Judge, LEVELS, type Levels } from './calibration.ts';
import { LEAST_DEVIATION, type LengthShape } from './length-model.ts';

/** Variance of ln(tokens) before any answer. */
const PRIOR_LOG_VARIANCE = 0.5;
/** How far the first guess of location and scale may be off, in variances of a single answer. */
const BASE_VARIANCE = { location: 4, scale: 0.5 };
/** An answer further off than this many spreads teaches as much as one at it. */
const MOST_DEVIATIONS = 3;
/** An answer that is longer than the mean by a greater factor than e to this counts in the mean as one at it. */
const MOST_LOG_RATIO = 5;
/** Weight of one answer in the quantiles and in the mean, once there were enough. */
const QUANTILE_STEP = 0.015;
const MEAN_WEIGHT = 0.0025;
/** Answers after which there were. */
const ENOUGH = 400;
const NORMAL_QUANTILES: Levels = [-1.2816, 0, 1.2816];

/** What a predictor has learned. Plain data. */
export interface PredictorState {
  readonly location: Weight;
  readonly scale: Weight;
  readonly meanRatio: number;
  readonly quantiles: Levels;
}

/** The two quantities that features add to. */
export interface Filters {
  readonly locations: AdditiveFilter;
  readonly scales: AdditiveFilter;
}

/** An answer to learn from. */
export interface Answer {
  readonly logTokens: number;
  /** A bound ended it: it would have been longer. */
  readonly isCutShort: boolean;
  /** Answers before this one. */
  readonly samples: number;
}

/** One way to predict a task's lengths: bases that features add to, and how lengths differ from log-normal ones. */
export class TaskPredictor {
  readonly #filters: Filters;
  readonly #baseSlot: number;
  readonly #quantiles: [number, number, number];
  #meanRatio: number;

  /** @param baseSlot of location and scale, each in its filter */
  constructor(filters: Filters, baseSlot: number, state: PredictorState) {
    this.#filters = filters;
    this.#baseSlot = baseSlot;
    filters.locations.setBase(baseSlot, state.location);
    filters.scales.setBase(baseSlot, state.scale);
    this.#quantiles = [...state.quantiles];
    this.#meanRatio = state.meanRatio;
  }

  shape(): LengthShape {
    const { location, scale, meanRatio, quantiles } = this.state();
    return { location: location.mean, scale: scale.mean, logMeanRatio: Math.log(meanRatio), quantiles };
  }

  state(): PredictorState {
    const [p10, p50, p90] = this.#quantiles;
    return {
      location: this.#filters.locations.at(this.#baseSlot),
      scale: this.#filters.scales.at(this.#baseSlot),
      meanRatio: this.#meanRatio,
      quantiles: [p10, p50, p90],
    };
  }

  /**
   * Learns from one answer. One that was cut short can only teach that lengths are larger.
   * @param slots that of the bases, then those of the features
   * @param scaleSlots how many of them the scale depends on, from the first
   * @param judge judges what was predicted of the answer, if anything was
   * @returns log-likelihood of the answer before it was learned from, less a constant
   */
  learn(slots: readonly number[], scaleSlots: number, answer: Answer, judge: Judge | undefined): number {
    const { locations, scales } = this.#filters;
    const { logTokens, isCutShort, samples } = answer;
    const location = locations.sum(slots, slots.length);
    const scale = scales.sum(slots, scaleSlots);
    const deviation = Math.max(Math.exp(scale), LEAST_DEVIATION);
    const deviations = (logTokens - location) / deviation;
    const noise = Math.exp(2 * (scale - scales.sum(slots, 1)));
    // While location and weights are uncertain, an answer may be further off for that alone.
    const widening = Math.sqrt(1 + locations.uncertainty(slots, slots.length) / noise);
    const standardized = clamp(deviations / widening);
    const logLikelihood = -Math.log(deviation * widening) - standardized ** 2 / 2;
    if (isCutShort && deviations <= 0) return logLikelihood;
    if (!isCutShort) judge?.judge(location + deviation ** 2 / 2, logTokens, deviations, this.#quantiles);
    locations.learn(slots, slots.length, clamp(deviations) * deviation, noise);
    if (isCutShort) return logLikelihood;
    // The gradient of the log-likelihood by the logarithm of the spread, over its curvature.
    const wider = (standardized ** 2 - 1) / 2;
    if (wider > 0 || deviation > LEAST_DEVIATION) scales.learn(slots, scaleSlots, wider, 1);
    const weight = samples < ENOUGH ? 1 / (samples + 10) : MEAN_WEIGHT;
    const aboveLogNormalMean = logTokens - location - deviation ** 2 / 2;
    const ratio = Math.exp(Math.min(aboveLogNormalMean, MOST_LOG_RATIO));
    this.#meanRatio += weight * (ratio - this.#meanRatio);
    this.#moveQuantiles(deviations, samples < ENOUGH ? (samples + 3) ** -0.7 : QUANTILE_STEP);
    return logLikelihood;
  }

  /** Stochastic approximation (Robbins and Monro 1951): a quantile rests where its level's share lies below it. */
  #moveQuantiles(deviations: number, step: number): void {
    const quantiles = this.#quantiles;
    for (let level = 0; level < 3; level++)
      quantiles[level]! += step * (LEVELS[level]! - (deviations < quantiles[level]! ? 1 : 0));
    quantiles[0] = Math.min(quantiles[0], quantiles[1]);
    quantiles[2] = Math.max(quantiles[1], quantiles[2]);
  }
}

/** A log-normal of that mean. */
export function untaughtPredictor(meanTokens: number): PredictorState {
  return {
    location: { mean: Math.log(meanTokens) - PRIOR_LOG_VARIANCE / 2, variance: BASE_VARIANCE.location },
    scale: { mean: Math.log(PRIOR_LOG_VARIANCE) / 2, variance: BASE_VARIANCE.scale },
    meanRatio: 1,
    quantiles: NORMAL_QUANTILES,
  };
}

function clamp(deviations: number): number {
  return Math.min(Math.max(deviations, -MOST_DEVIATIONS), MOST_DEVIATIONS);
}
