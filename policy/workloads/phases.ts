import type { Random } from '../../src/platform/random.ts';
import { exponential, type Variate } from './variates.ts';

/** How often each task is asked for, by name. Proportions: they need not sum to 1. */
export type TaskShares = Readonly<Record<string, number>>;

/** A stretch of time during which the expected rate and the task mix do not change. */
export interface Phase {
  readonly durationMs: number;
  readonly ratePerSecond: number;
  readonly shares: TaskShares;
}

/** Every task as often as every other. */
export function equalShares(tasks: readonly string[]): TaskShares {
  return Object.fromEntries(tasks.map((task) => [task, 1 / tasks.length]));
}

/** Shares drawn uniformly from all that sum to 1 (a flat Dirichlet: normalised exponentials). */
export function randomShares(tasks: readonly string[], random: Random): TaskShares {
  const weights = tasks.map(() => exponential(random));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Object.fromEntries(tasks.map((task, index) => [task, weights[index]! / total]));
}

/** One phase that never ends. Throws `RangeError` for a rate that is not above 0. */
export function* steady(ratePerSecond: number, shares: TaskShares): Generator<Phase> {
  if (!(ratePerSecond > 0)) throw new RangeError(`ratePerSecond must be above 0, got ${ratePerSecond}`);
  yield { durationMs: Number.POSITIVE_INFINITY, ratePerSecond, shares };
}

export interface RegimeOptions {
  readonly durationMs: Variate;
  readonly ratePerSecond: Variate;
  readonly tasks: readonly string[];
}

/** Phases without end, each with a length, a rate and a task mix of its own, drawn afresh. */
export function* regimes(options: RegimeOptions, random: Random): Generator<Phase> {
  for (;;)
    yield {
      durationMs: options.durationMs(random),
      ratePerSecond: options.ratePerSecond(random),
      shares: randomShares(options.tasks, random),
    };
}
