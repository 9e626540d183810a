import type { SyncScorer } from '../../src/routing/scorer.ts';

/** Probability of being on time below which a request is refused. */
const LEAST_LIKELY = 0.5;

/**
 * A scorer that refuses instead of serving late: actions more likely late than on time are vetoed, and a request that
 * has no other is shed. Pinned requests are served late rather than not at all.
 */
export function shedding(scorer: SyncScorer): SyncScorer {
  return {
    name: `${scorer.name}+shedding`,
    score: (observation) => {
      const scores = scorer.score(observation);
      if (observation.request.pinned !== undefined) return scores;
      return observation.actions.map(({ predicted }, index) =>
        predicted.onTime < LEAST_LIKELY ? -Infinity : scores[index]!,
      );
    },
  };
}
