import type { Random } from '../../src/platform/random.ts';
import type { Phase } from './phases.ts';
import type { Variate } from './variates.ts';

/** One arrival and the phase it fell into. */
export interface Arrival {
  readonly atMs: number;
  readonly phase: Phase;
}

/**
 * Arrivals at the phases' rates. `gap` is the law of the gaps between them, with mean 1: `exponential` makes it a
 * Poisson process, `gamma(cv)` a burstier or smoother one. A gap is measured in expected arrivals and used up at
 * the rate of the phase it runs through, so one that crosses into a busier phase ends sooner (the time change that
 * turns a process of rate 1 into one of varying rate), and no phase starts with a fresh draw.
 *
 * Ends when the phases do. The first arrival comes one gap after the start.
 */
export function* arrivals(phases: Iterable<Phase>, gap: Variate, random: Random): Generator<Arrival> {
  let phaseStartMs = 0;
  let expected = gap(random);
  for (const phase of phases) {
    const perMs = phase.ratePerSecond / 1000;
    let elapsedMs = 0;
    while (expected < (phase.durationMs - elapsedMs) * perMs) {
      elapsedMs += expected / perMs;
      yield { atMs: phaseStartMs + elapsedMs, phase };
      expected = gap(random);
    }
    expected -= (phase.durationMs - elapsedMs) * perMs;
    phaseStartMs += phase.durationMs;
  }
}
