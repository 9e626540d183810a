import type { SyncScorer } from '../scorer.ts';

/** The endpoint with the smallest share of its places taken; blind to quality and deadlines. */
export function leastInFlight(): SyncScorer {
  return {
    name: 'least-in-flight',
    score: ({ actions }) => actions.map((action) => -action.occupancy),
  };
}
