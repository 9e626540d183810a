import type { Random } from '../../../src/platform/random.ts';
import type { Catalogue, Endpoint, Slo } from '../../../src/routing/catalogue.ts';
import { type Conditions, type ConditionsInput, parseConditions } from '../../arena/conditions.ts';
import { logUniform, uniform } from '../../workloads/variates.ts';
import { oneOf, wholeFrom, written } from './draws.ts';

/** What may befall a fleet beside stale snapshots and delays. */
const troubles = ['none', 'outage', 'slow-replica', 'throttling', 'cold-starts'] as const;

/**
 * Several edges with snapshots of 20 to 500 ms, delays, and in most cases one trouble in the middle of the run.
 * @param durationMs of the run
 */
export function drawRoughConditions(catalogue: Catalogue, durationMs: number, random: Random): Conditions {
  const endpoint = oneOf(catalogue.endpoints, random);
  const delay = () => ({
    meanMs: written(Math.min(logUniform(1, 50)(random), longestDelayMs(catalogue))),
    jitter: oneOf([0, 0.4], random),
  });
  const document: ConditionsInput = {
    edges: wholeFrom(2, 16, random),
    edgeToLedger: delay(),
    edgeToEndpoint: delay(),
    snapshotMaxAgeMs: written(logUniform(20, 500)(random)),
    reportWithinMs: 20,
    ...drawTrouble(endpoint, durationMs / 1_000, random),
  };
  return parseConditions(document, 'drawn conditions', catalogue);
}

/** A request crosses the network four times before its answer is there; that may take a fifth of its deadline. */
function longestDelayMs({ tasks }: Catalogue): number {
  const tightest = ({ ttftMs, e2eMs }: Slo) =>
    Math.min(ttftMs ?? Number.POSITIVE_INFINITY, e2eMs ?? Number.POSITIVE_INFINITY);
  return Math.min(...Object.values(tasks).map(({ slo }) => tightest(slo))) / 20;
}

function drawTrouble(
  { id, replicas }: Endpoint,
  durationS: number,
  random: Random,
): Partial<ConditionsInput> {
  const fromS = durationS * uniform(0.1, 0.6)(random);
  const toS = fromS + durationS * uniform(0.1, 0.4)(random);
  const when = { kind: 'windows', windows: [{ fromS, toS }] } as const;
  const here = { endpoint: id, when };
  switch (oneOf(troubles, random)) {
    case 'none':
      return {};
    case 'outage':
      return { faults: [{ kind: 'outage', ...here }] };
    case 'slow-replica': {
      const replica = wholeFrom(0, replicas - 1, random);
      return { faults: [{ kind: 'slow-replica', ...here, replica, factor: uniform(1.5, 5)(random) }] };
    }
    case 'throttling':
      return {
        faults: [{ kind: 'throttling', ...here, share: uniform(0.1, 0.8)(random), retryAfterMs: 500 }],
      };
    case 'cold-starts':
      return { coldStarts: { [id]: { startMs: logUniform(300, 4_000)(random), afterIdleMs: 2_000 } } };
  }
}
