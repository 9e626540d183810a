import { type Conditions, idealConditions } from '../../../policy/arena/conditions.ts';
import type { Fleet } from '../../../policy/arena/fleet.ts';
import { Simulation } from '../../../policy/arena/simulation.ts';
import type { WorkloadRequest } from '../../../policy/workloads/request.ts';
import { limits } from '../../../src/limits.ts';
import { seededRandom } from '../../../src/platform/random.ts';
import { REPORT_WITHIN_MS } from '../../../src/pool/pool-client.ts';
import { createScorer } from '../../../src/routing/create-scorer.ts';
import type { SyncScorer } from '../../../src/routing/scorer.ts';
import type { SeenDecision } from './recording.ts';
import type { Replayed } from './replayed.ts';
import { byPrompt, type Served } from './served.ts';

/** What became of requests that went through the simulator. */
export interface Simulated {
  readonly served: ReadonlyMap<number, Served>;
  readonly decisions: ReadonlyMap<number, SeenDecision>;
}

/** @throws Error when one was not served */
export function simulate(
  fleet: Fleet,
  requests: readonly WorkloadRequest[],
  conditions: Conditions,
): Simulated {
  const random = seededRandom(1);
  // There and back, to the ledger and to the endpoint.
  const wayMs = 2 * (conditions.edgeToLedger.meanMs + conditions.edgeToEndpoint.meanMs);
  const decisions = new Map<number, SeenDecision>();
  const served: Served[] = [];
  const scorer = noting(createScorer(fleet.catalogue.scorer, random), decisions);
  new Simulation({ fleet, requests, scorer, random, conditions }, (outcome) => {
    const { promptTokens } = outcome.request;
    if (outcome.kind !== 'served') throw new Error(`a prompt of ${promptTokens} tokens was ${outcome.kind}`);
    const { ttftMs = Number.NaN, e2eMs, onTime } = outcome;
    const atGpu = { ttftMs: ttftMs - wayMs, e2eMs: e2eMs - wayMs };
    served.push({ promptTokens, variant: outcome.variant.id, ttftMs, e2eMs, onTime, atGpu });
  }).run();
  return { served: byPrompt(served), decisions };
}

function noting(scorer: SyncScorer, decisions: Map<number, SeenDecision>): SyncScorer {
  return {
    name: scorer.name,
    score(observation) {
      const scores = Array.from(scorer.score(observation));
      decisions.set(observation.request.promptTokens, { observation, scores });
      return scores;
    },
  };
}

/** What lay between the client, the gateway, its ledger and the GPUs during a replay, in the mean. */
export function measuredConditions({ wayMs, gatewayMs }: Replayed): Conditions {
  return {
    ...idealConditions,
    // What the gateway does itself is, as good as all of it, asking its ledger.
    edgeToLedger: { meanMs: gatewayMs / 2, jitter: 0 },
    edgeToEndpoint: { meanMs: (wayMs - gatewayMs) / 2, jitter: 0 },
    snapshotMaxAgeMs: limits.snapshotAgeMs,
    reportWithinMs: REPORT_WITHIN_MS,
  };
}
