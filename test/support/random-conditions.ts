import type { ConditionsInput } from '../../policy/arena/conditions.ts';
import { type Random, seededRandom } from '../../src/platform/random.ts';

type FaultInput = NonNullable<ConditionsInput['faults']>[number];
export type FaultKind = FaultInput['kind'];

export const faultKinds: readonly FaultKind[] = [
  'outage',
  'throttling',
  'rate-limit',
  'errors',
  'silence',
  'slow-replica',
  'replica-failure',
  'lost-settles',
  'ledger-eviction',
];

/**
 * Conditions drawn from a seed, each part present or not by itself, as in swarm testing: what a mixture of everything
 * hides, a mixture without some of it shows.
 * @param endpoints of the fleet they are for
 * @param untilS no fault lasts longer
 */
export function randomConditions(
  seed: number,
  endpoints: readonly string[],
  untilS: number,
): ConditionsInput {
  const random = seededRandom(seed);
  const sometimes = <T>(make: () => T): T[] => (random() < 0.45 ? [make()] : []);
  const [autoscaled] = sometimes(() => pick(random, endpoints));
  const [cold] = sometimes(() => pick(random, endpoints));
  const delays = {
    edgeToLedger: { meanMs: between(random, 0.1, 20), jitter: between(random, 0, 1) },
    edgeToEndpoint: { meanMs: between(random, 0.1, 30), jitter: between(random, 0, 1) },
    snapshotMaxAgeMs: between(random, 0, 500),
    reportWithinMs: between(random, 0, 40),
  };
  return {
    edges: 1 + Math.floor(between(random, 0, 8)),
    ...sometimes(() => delays)[0],
    ...(cold && { coldStarts: { [cold]: { startMs: between(random, 100, 2_000), afterIdleMs: 20_000 } } }),
    ...(autoscaled && { autoscaling: { [autoscaled]: scaling(random) } }),
    faults: faultKinds.flatMap((kind) => sometimes(() => faultOf(kind, random, endpoints, untilS))),
  };
}

function faultOf(kind: FaultKind, random: Random, endpoints: readonly string[], untilS: number): FaultInput {
  const endpoint = random() < 0.3 ? undefined : pick(random, endpoints);
  const when = {
    kind: 'drawn' as const,
    meanGapS: between(random, 1, 6),
    meanDurationS: between(random, 0.2, 5),
    untilS,
  };
  switch (kind) {
    case 'outage':
    case 'replica-failure':
      return { kind, endpoint, when };
    case 'throttling':
      return {
        kind,
        endpoint,
        when,
        share: between(random, 0.1, 1),
        retryAfterMs: between(random, 0, 3_000),
      };
    case 'errors':
    case 'silence':
      return { kind, endpoint, when, share: between(random, 0.1, 1) };
    case 'rate-limit':
      return {
        kind,
        endpoint,
        when,
        requestsPerSecond: between(random, 1, 40),
        burst: between(random, 1, 20),
      };
    case 'slow-replica':
      return { kind, endpoint, when, factor: between(random, 1.5, 30) };
    case 'lost-settles':
      return { kind, when, share: between(random, 0.01, 0.1) };
    case 'ledger-eviction':
      return { kind, when };
  }
}

function scaling(random: Random) {
  return {
    targetPerReplica: between(random, 1, 10),
    max: 4,
    sampleS: 1,
    inAfterSamples: 5,
    startS: between(random, 1, 10),
    inCooldownS: 5,
  };
}

function pick<T>(random: Random, values: readonly T[]): T {
  return values[Math.floor(random() * values.length)]!;
}

function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random();
}
