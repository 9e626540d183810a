import type { Random } from '../../../src/platform/random.ts';
import { type GeneratedDocument, gapsOf, meanRateOf, ratesOf } from '../../workloads/file/rates.ts';
import { generatedArrivals, type WorkloadRecipe } from '../../workloads/generate.ts';
import type { JointLengths } from '../../workloads/lengths.ts';
import { fixedMix, mixPerPhase, randomShares, redrawnMix, type TaskMix } from '../../workloads/mix.ts';
import { logUniform, uniform } from '../../workloads/variates.ts';
import { oneOf } from './draws.ts';
import { heavyTail } from './lengths.ts';
import type { Capacity } from './speed.ts';

export type LoadKind = 'storm' | 'surge' | 'stable' | 'markov' | 'gamma' | 'spike';

/** Rates beyond this only make a run longer. */
const mostPerSecond = 3_000;
/** Requests a run may be expected to hold; it is made shorter where they would be more. */
const mostExpected = 9_000;
/** Requests of one spike: enough to fill any of the fleets. */
const mostInSpike = 4_000;
const drawRegimeS = (random: Random) => ({ from: 2, to: uniform(5, 20)(random) });
const poisson = { kind: 'poisson' } as const;

/** Arrivals of a kind around what the fleet can carry: from far below what its largest model can to near its limit. */
export function drawArrivals(
  kind: LoadKind,
  { largest, fastest }: Capacity,
  random: Random,
): GeneratedDocument {
  const reach = Math.max(fastest * logUniform(0.25, 0.8)(random), 2 * largest);
  const limit = Math.min(reach, mostPerSecond);
  const upTo = (rate: number) => Math.min(rate, limit);
  const durationS = drawRegimeS(random);
  switch (kind) {
    case 'storm': {
      const from = Math.min(largest * logUniform(0.05, 0.4)(random), limit / 4);
      return { kind: 'regimes', requestsPerSecond: { from, to: limit }, durationS, gaps: poisson };
    }
    case 'surge': {
      const to = upTo(2 * largest);
      return { kind: 'regimes', requestsPerSecond: { from: to / 5, to }, durationS, gaps: poisson };
    }
    case 'stable':
      return { kind: 'steady', requestsPerSecond: between(0.7 * largest, limit, random), gaps: poisson };
    case 'markov': {
      const calm = upTo(largest * uniform(0.4, 1)(random));
      const burst = between(1.5 * calm, limit, random);
      const states = [
        { requestsPerSecond: calm, meanDurationS: uniform(4, 12)(random) },
        { requestsPerSecond: burst, meanDurationS: uniform(1, 5)(random) },
      ];
      return { kind: 'markov', states, gaps: poisson };
    }
    case 'gamma': {
      const gaps = { kind: 'gamma', cv: uniform(1.5, 4)(random) } as const;
      return { kind: 'steady', requestsPerSecond: between(0.6 * largest, 0.8 * limit, random), gaps };
    }
    case 'spike': {
      // More than the fleet can carry for long enough to fill it; what is learned is to come out of that.
      const calm = between(0.5 * largest, limit, random);
      const burst = Math.max(fastest * uniform(1, 3)(random), 2 * calm);
      const phases = [
        { requestsPerSecond: calm, durationS: uniform(0.5, 1.5)(random) },
        { requestsPerSecond: burst, durationS: Math.min(logUniform(0.5, 5)(random), mostInSpike / burst) },
        { requestsPerSecond: calm, durationS: uniform(5, 10)(random) },
      ];
      return { kind: 'schedule', phases, gaps: poisson };
    }
  }
}

/** Log-uniform; `low` gives way where it is above `high`. */
function between(low: number, high: number, random: Random): number {
  return logUniform(Math.min(low, high), high)(random);
}

/**
 * The recipe of a run's requests. The mix is redrawn with the rate where it comes in regimes, and otherwise fixed or
 * redrawn every 2 to 20 s. A third of the runs have heavy tails, half of them length predictions.
 */
export function drawRecipe(
  arrivals: GeneratedDocument,
  lengths: Readonly<Record<string, JointLengths>>,
  durationMs: number,
  random: Random,
): WorkloadRecipe {
  return {
    arrivals: generatedArrivals(ratesOf(arrivals, 1), gapsOf(arrivals.gaps)),
    mix: drawMix(arrivals, Object.keys(lengths), random),
    profiles: Object.fromEntries(Object.entries(lengths).map(([task, law]) => [task, { lengths: law }])),
    outputFactor: random() < 1 / 3 ? heavyTail : undefined,
    predictionSigma: drawPredictionSigma(random),
    durationMs: Math.min(durationMs, (1_000 * mostExpected) / meanRateOf(arrivals)),
  };
}

function drawMix({ kind }: GeneratedDocument, tasks: readonly string[], random: Random): TaskMix {
  if (kind === 'regimes') return mixPerPhase(tasks);
  if (random() < 0.5) return fixedMix(randomShares(tasks, random));
  const { from, to } = drawRegimeS(random);
  return redrawnMix(tasks, uniform(1_000 * from, 1_000 * to));
}

function drawPredictionSigma(random: Random): number | undefined {
  if (random() < 0.5) return undefined;
  return random() < 0.5 ? oneOf([0, 0.3, 0.6], random) : random();
}
