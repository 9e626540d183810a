import type { Random } from '../../src/platform/random.ts';
import { lognormal, type Variate } from './variates.ts';

/** A distribution of lengths in tokens: whole numbers, at least 1. */
export type LengthLaw = Variate;

/** How long one request and its answer are. */
export interface TokenLengths {
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** A joint distribution of the lengths of prompt and answer. */
export type JointLengths = (random: Random) => TokenLengths;

/** Prompt and output lengths that have nothing to do with each other. */
export function independent(promptTokens: LengthLaw, outputTokens: LengthLaw): JointLengths {
  return (random) => ({ promptTokens: promptTokens(random), outputTokens: outputTokens(random) });
}

/** Draws one of the given pairs, so that long prompts keep the answers they had. */
export function observedTogether(observed: readonly TokenLengths[]): JointLengths {
  requireObservations(observed);
  return (random) => pick(observed, random);
}

/** Each whole number from `low` to `high`, both included, equally likely. */
export function uniformTokens(low: number, high: number): LengthLaw {
  return (random) => low + Math.floor((high - low + 1) * random());
}

/**
 * Lognormal lengths with the given mean and standard deviation of the logarithm, rounded, and held within 1 and
 * `max`. Keep `max` far above the mean: what it cuts off lowers the mean.
 */
export function lognormalTokens(options: { mean: number; sigma: number; max: number }): LengthLaw {
  const draw = lognormal(options.mean, options.sigma);
  return (random) => Math.min(options.max, Math.max(1, Math.round(draw(random))));
}

/** Draws from observed lengths, each as likely as it was frequent. */
export function empiricalTokens(observed: readonly number[]): LengthLaw {
  requireObservations(observed);
  return (random) => pick(observed, random);
}

function requireObservations(observed: readonly unknown[]): void {
  if (observed.length === 0)
    throw new RangeError('an empirical length law needs at least one observed length');
}

/** One bin of a published histogram: lengths from `low` up to, not including, `highExclusive`. */
export interface LengthBin {
  readonly low: number;
  readonly highExclusive: number;
  readonly probability: number;
}

/** Draws a bin by its probability (they need not sum to 1), then a length uniformly within it. */
export function histogramTokens(bins: readonly LengthBin[]): LengthLaw {
  const likely = bins.filter((bin) => bin.probability > 0);
  if (likely.length === 0) throw new RangeError('a length histogram needs a bin of positive probability');
  const choose = weighted(likely, (bin) => bin.probability);
  return (random) => {
    const bin = choose(random);
    return Math.max(1, uniformTokens(bin.low, bin.highExclusive - 1)(random));
  };
}

/** Draws an item with a probability proportional to its weight. At least one weight must be positive. */
export function weighted<T>(items: readonly T[], weightOf: (item: T) => number): (random: Random) => T {
  const cumulative: number[] = [];
  let total = 0;
  for (const item of items) {
    total += weightOf(item);
    cumulative.push(total);
  }
  if (!(total > 0)) throw new RangeError(`weights must sum to more than 0, got ${total}`);
  return (random) => items[firstAbove(cumulative, random() * total)]!;
}

function pick<T>(items: readonly T[], random: Random): T {
  return items[Math.floor(random() * items.length)]!;
}

/** Index of the first value of an ascending list that is greater than `bound`; the last one if none is. */
function firstAbove(ascending: readonly number[], bound: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! > bound) high = middle;
    else low = middle + 1;
  }
  return low;
}
