import type { SyncScorer } from '../../src/routing/scorer.ts';

/** Far below any difference a scorer means. */
const TIE_BREAK = 1e-6;

/** A scorer whose equals are taken least loaded first, where the ranking alone would take them at random. */
export function evenly(scorer: SyncScorer): SyncScorer {
  return {
    name: scorer.name,
    score: (observation) => {
      const scores = scorer.score(observation);
      return observation.actions.map(({ occupancy }, index) => scores[index]! - TIE_BREAK * occupancy);
    },
  };
}
