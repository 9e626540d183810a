import type { Action } from '../observation.ts';
import type { SyncScorer } from '../scorer.ts';

/**
 * The best variant whose endpoint is below its cap of requests in flight per replica; when all are at their caps,
 * the one furthest below its own in proportion.
 */
export function inFlightCaps(caps: Readonly<Record<string, number>>): SyncScorer {
  const fill = ({ variant, endpoint, load }: Action) =>
    load.inFlight / endpoint.replicas / (caps[variant.id] ?? endpoint.maxInFlightPerReplica);
  return {
    name: 'in-flight-caps',
    score: ({ actions }) =>
      actions.map((action) => {
        const filled = fill(action);
        return filled < 1 ? action.quality : -filled;
      }),
  };
}
