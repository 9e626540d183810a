import type { Random } from '../../src/platform/random.ts';
import type { GapLaw } from './gaps.ts';
import type { RatePhase } from './phases.ts';

/**
 * Arrivals at the phases' rates, each with the phase it falls into. A gap is measured in expected arrivals and used
 * up at the rate of the phase it runs through, so one that crosses into a busier phase ends sooner (the time change
 * that turns a process of rate 1 into one of varying rate), and no phase starts with a fresh draw. The process is
 * under way when the first phase begins. Ends when the phases do.
 */
export function* arrivals<P extends RatePhase>(
  phases: Iterable<P>,
  gaps: GapLaw,
  random: Random,
): Generator<{ readonly atMs: number; readonly phase: P }> {
  let phaseStartMs = 0;
  let expected = gaps.residual(random);
  for (const phase of phases) {
    const perMs = phase.ratePerSecond / 1000;
    let elapsedMs = 0;
    while (expected < (phase.durationMs - elapsedMs) * perMs) {
      elapsedMs += expected / perMs;
      yield { atMs: phaseStartMs + elapsedMs, phase };
      expected = gaps.gap(random);
    }
    expected -= (phase.durationMs - elapsedMs) * perMs;
    phaseStartMs += phase.durationMs;
  }
}
