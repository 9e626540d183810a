import type { ArtifactInUse } from '../model/published-policy.ts';
import type { Random } from '../platform/random.ts';
import type { Catalogue } from '../routing/catalogue.ts';
import { type Observation, observe, type RoutingRequest } from '../routing/observation.ts';
import { type RankedAction, rank } from '../routing/rank.ts';
import { type Scorer, ScorerFault, type ScorerFaultKind } from '../routing/scorer.ts';
import type { PoolSnapshot } from '../routing/snapshot.ts';
import type { RequestContext } from './context.ts';
import { currentSnapshot } from './pool-view.ts';

/** What the policy made of one request at one moment. */
export interface Decision {
  readonly observation: Observation;
  readonly decidedBy: DecidedBy;
  /** One per action of the observation, in its order. */
  readonly scores: ArrayLike<number>;
  /** Best first; empty when every action is masked or vetoed. */
  readonly ranking: readonly RankedAction[];
}

/** Whose scores they are. */
interface DecidedBy {
  readonly scorer: string;
  /** The network that the learned scorer has, where it is not simply the bundled one. */
  readonly artifact?: ArtifactInUse | undefined;
  /** The scorer that was to decide, and why it could not; absent: it did. */
  readonly insteadOf?: { readonly scorer: string; readonly because: ScorerFaultKind } | undefined;
}

interface Policy {
  readonly catalogue: Catalogue;
  readonly scorer: Scorer;
  readonly fallback: Scorer | undefined;
  readonly artifact: ArtifactInUse | undefined;
  readonly random: Random;
}

/** Observes, scores and ranks: everything about a decision but taking it. */
async function decide(
  policy: Policy,
  request: RoutingRequest,
  pool: { readonly snapshot: PoolSnapshot; readonly ageMs: number },
  elapsedMs: number,
): Promise<Decision> {
  const observation = observe(policy.catalogue, pool.snapshot, request, {
    snapshotAgeMs: pool.ageMs,
    elapsedMs,
  });
  const { scores, decidedBy } = await score(policy, observation);
  return { observation, decidedBy, scores, ranking: rank(observation, scores, policy.random) };
}

/** The scorer's scores, or those of the one that stands in for it: no request fails because a model does. */
async function score(
  { scorer, fallback, artifact }: Policy,
  observation: Observation,
): Promise<Pick<Decision, 'scores' | 'decidedBy'>> {
  const network = artifact && { artifact };
  try {
    return { scores: await scorer.score(observation), decidedBy: { scorer: scorer.name, ...network } };
  } catch (error) {
    if (!(error instanceof ScorerFault) || fallback === undefined) throw error;
    const insteadOf = { scorer: scorer.name, because: error.kind };
    return {
      scores: await fallback.score(observation),
      decidedBy: { scorer: fallback.name, insteadOf, ...network },
    };
  }
}

/** The decision a request gets now, on the pool as its isolate sees it. */
export async function decideNow(context: RequestContext, request: RoutingRequest): Promise<Decision> {
  const { gateway, pool, receivedAtMs } = context;
  const { catalogue } = gateway.config;
  const { published } = gateway;
  const refreshing = published?.refresh();
  if (refreshing !== undefined) context.defer(refreshing);
  const view = await currentSnapshot(pool, catalogue);
  const scorer = published?.scorer ?? gateway.scorer;
  const policy = { ...gateway, catalogue, scorer, artifact: published?.artifact };
  return await decide(policy, request, view, gateway.clock() - receivedAtMs);
}
