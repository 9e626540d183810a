import type { Random } from '../../src/platform/random.ts';
import { exponential, type Variate } from './variates.ts';

/** A stretch of time during which the expected rate does not change. */
export interface RatePhase {
  readonly durationMs: number;
  readonly ratePerSecond: number;
}

/** How the rate changes over time. Endless, with a rate above 0 again and again. */
export type Rates = (random: Random) => Iterable<RatePhase>;

/** One phase that never ends. Throws `RangeError` for a rate that is not above 0. */
export function steady(ratePerSecond: number): readonly RatePhase[] {
  if (!(ratePerSecond > 0)) throw new RangeError(`ratePerSecond must be above 0, got ${ratePerSecond}`);
  return [{ durationMs: Number.POSITIVE_INFINITY, ratePerSecond }];
}

export interface RegimeOptions {
  readonly durationMs: Variate;
  readonly ratePerSecond: Variate;
}

/** Phases without end, each with a length and a rate of its own, drawn afresh. */
export function* regimes(options: RegimeOptions, random: Random): Generator<RatePhase> {
  for (;;) yield { durationMs: options.durationMs(random), ratePerSecond: options.ratePerSecond(random) };
}

/** A state of a Markov-modulated process, left after an exponential time. */
export interface MarkovState {
  readonly ratePerSecond: number;
  readonly meanDurationMs: number;
}

/**
 * The rate of a Markov-modulated process: it stays in a state for an exponential time and leaves it for any of the
 * others alike, so each state has a share of the time in proportion to its mean duration. It starts in a state drawn
 * by those shares, as if it had always been running. Needs two states.
 */
export function* markovModulated(states: readonly MarkovState[], random: Random): Generator<RatePhase> {
  let current = stateUnderWay(states, random);
  for (;;) {
    const { ratePerSecond, meanDurationMs } = states[current]!;
    yield { durationMs: meanDurationMs * exponential(random), ratePerSecond };
    const next = Math.floor(random() * (states.length - 1));
    current = next < current ? next : next + 1;
  }
}

function stateUnderWay(states: readonly MarkovState[], random: Random): number {
  const total = states.reduce((sum, state) => sum + state.meanDurationMs, 0);
  let left = random() * total;
  const index = states.findIndex((state) => {
    left -= state.meanDurationMs;
    return left < 0;
  });
  return index === -1 ? states.length - 1 : index;
}

/** The given phases round and round. */
export function* cycled(phases: readonly RatePhase[]): Generator<RatePhase> {
  for (;;) yield* phases;
}
