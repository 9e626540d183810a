import type { Random } from '../../../src/platform/random.ts';
import { lognormalAround } from '../../workloads/variates.ts';

/** One of the items, each as likely as any other. */
export function oneOf<T>(items: readonly T[], random: Random): T {
  return items[Math.floor(random() * items.length)]!;
}

/** A whole number from `low` to `high`, both included. */
export function wholeFrom(low: number, high: number, random: Random): number {
  return low + Math.floor((high - low + 1) * random());
}

/** A factor around 1: as often twice as half. `sigma` is the standard deviation of its logarithm. */
export function factor(sigma: number, random: Random): number {
  return lognormalAround(1, sigma)(random);
}

export function clamped(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** Rounded to three significant digits, as a person would write it. */
export function written(value: number): number {
  return Number(value.toPrecision(3));
}
