import type { Calibration, Levels } from './calibration.ts';
import { variantSlot } from './features.ts';

/** Steps per unit of the logarithm in which weights travel: a thousandth, and more than any length can differ by. */
export const STEPS_PER_UNIT = 1_024;
/** Lengths are whole tokens: no prediction is surer than this of a logarithm. */
export const LEAST_DEVIATION = 0.02;

/** How lengths are distributed at a location and a scale. */
export interface LengthShape {
  /** Centre of ln(tokens), and logarithm of its spread. */
  readonly location: number;
  readonly scale: number;
  /** Logarithm of the mean length over that of a log-normal with this centre and spread. */
  readonly logMeanRatio: number;
  /** Where the quantiles lie, in spreads from the centre. */
  readonly quantiles: Levels;
}

/** What is known of one task's lengths: one prediction for all, or what the features add to. */
export type TaskLengths =
  | { readonly usesFeatures: false; readonly prediction: LengthPrediction }
  | {
      readonly usesFeatures: true;
      readonly shape: LengthShape;
      /** What the variants that answered add to the location, in the mean; it is part of the location. */
      readonly variantOffset: number;
      readonly calibration: Calibration;
    };

/**
 * What the ledger has learned of output lengths, as edges hold it: 4 KB and a little for each task. `ln(tokens)` is distributed around a
 * location with a scale, each a task's base plus one weight per feature of the request, for tasks whose features were
 * seen to tell something. Plain data.
 */
export interface LengthModel {
  /** When it was published; of two models the one with the larger number is the newer. */
  readonly revision: number;
  readonly tasks: Readonly<Record<string, TaskLengths>>;
  /** By slot, in `STEPS_PER_UNIT`. */
  readonly locations: Int16Array;
  readonly scales: Int16Array;
}

/** Output tokens of one request: what is expected, and how far it may be off. */
export interface LengthPrediction {
  /** The mean. */
  readonly tokens: number;
  /** Mean square of ln(actual / tokens). */
  readonly logVariance: number;
  /** Absent where nothing has been learned of quantiles. */
  readonly quantiles?: Levels | undefined;
  /** How far this task's predictions can be trusted. */
  readonly calibration?: Calibration | undefined;
}

/** The prediction for a request, undefined for a task the model does not know. */
export function predictLength(
  model: LengthModel,
  task: string,
  slots: readonly number[],
): LengthPrediction | undefined {
  const known = model.tasks[task];
  if (known === undefined) return undefined;
  if (!known.usesFeatures) return known.prediction;
  let locationSteps = 0;
  let scaleSteps = 0;
  for (const slot of slots) {
    locationSteps += model.locations[slot]!;
    scaleSteps += model.scales[slot]!;
  }
  const { shape, calibration } = known;
  const location = shape.location + locationSteps / STEPS_PER_UNIT;
  return { ...predictionAt(shape, location, shape.scale + scaleSteps / STEPS_PER_UNIT), calibration };
}

/** The prediction for lengths of this shape, moved to a location and a scale. */
export function predictionAt(shape: LengthShape, location: number, scale: number): LengthPrediction {
  const deviation = Math.max(Math.exp(scale), LEAST_DEVIATION);
  const at = (level: 0 | 1 | 2) => Math.exp(location + shape.quantiles[level] * deviation);
  const aboveLocation = deviation ** 2 / 2 + shape.logMeanRatio;
  return {
    tokens: Math.max(Math.exp(location + aboveLocation), 1),
    logVariance: deviation ** 2 + aboveLocation ** 2,
    quantiles: [at(0), at(1), at(2)],
  };
}

/** The prediction for a request once it is known which variant answers. */
export function onVariant(
  prediction: LengthPrediction,
  model: LengthModel,
  task: string,
  variant: string,
): LengthPrediction {
  const known = model.tasks[task];
  if (known === undefined || !known.usesFeatures) return prediction;
  const steps = model.locations[variantSlot(task, variant)]!;
  return scaled(prediction, Math.exp(steps / STEPS_PER_UNIT - known.variantOffset));
}

/** The prediction for an answer that is ended at `maxTokens`. */
export function capped(prediction: LengthPrediction, maxTokens: number | undefined): LengthPrediction {
  const { tokens, quantiles } = prediction;
  if (maxTokens === undefined || Math.max(tokens, quantiles?.[2] ?? 0) <= maxTokens) return prediction;
  const cap = (length: number) => Math.min(length, maxTokens);
  return { ...prediction, tokens: cap(tokens), quantiles: quantiles && mapLevels(quantiles, cap) };
}

function scaled(prediction: LengthPrediction, factor: number): LengthPrediction {
  const { tokens, quantiles } = prediction;
  const scale = (length: number) => length * factor;
  return { ...prediction, tokens: scale(tokens), quantiles: quantiles && mapLevels(quantiles, scale) };
}

function mapLevels([p10, p50, p90]: Levels, change: (length: number) => number): Levels {
  return [change(p10), change(p50), change(p90)];
}
