import type { Random } from '../platform/random.ts';
import type { Catalogue } from '../routing/catalogue.ts';
import { type Observation, observe, type RoutingRequest } from '../routing/observation.ts';
import { type RankedAction, rank } from '../routing/rank.ts';
import type { Scorer } from '../routing/scorer.ts';
import type { PoolSnapshot } from '../routing/snapshot.ts';
import type { RequestContext } from './context.ts';
import { currentSnapshot } from './pool-view.ts';

/** What the policy made of one request at one moment. */
export interface Decision {
  readonly observation: Observation;
  /** One per action of the observation, in its order. */
  readonly scores: ArrayLike<number>;
  /** Best first; empty when every action is masked or vetoed. */
  readonly ranking: readonly RankedAction[];
}

/** Observes, scores and ranks: everything about a decision but taking it. */
async function decide(
  policy: { readonly catalogue: Catalogue; readonly scorer: Scorer; readonly random: Random },
  request: RoutingRequest,
  pool: { readonly snapshot: PoolSnapshot; readonly ageMs: number },
  elapsedMs: number,
): Promise<Decision> {
  const observation = observe(policy.catalogue, pool.snapshot, request, {
    snapshotAgeMs: pool.ageMs,
    elapsedMs,
  });
  const scores = await policy.scorer.score(observation);
  return { observation, scores, ranking: rank(observation, scores, policy.random) };
}

/** The decision a request gets now, on the pool as its isolate sees it. */
export async function decideNow(context: RequestContext, request: RoutingRequest): Promise<Decision> {
  const { gateway, pool, receivedAtMs } = context;
  const { catalogue } = gateway.config;
  const view = await currentSnapshot(pool, catalogue);
  const policy = { catalogue, scorer: gateway.scorer, random: gateway.random };
  return await decide(policy, request, view, gateway.clock() - receivedAtMs);
}
