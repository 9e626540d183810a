import type { SyncScorer } from '../scorer.ts';

/**
 * The best variant that is predicted to be on time with the given confidence; when none is, the likeliest. Greedy:
 * it does not ask what its choice costs the requests that follow.
 */
export function largestOnTime(confidence: number): SyncScorer {
  return {
    name: 'largest-on-time',
    score: ({ actions }) =>
      actions.map(({ predicted, quality }) =>
        predicted.onTime >= confidence ? quality : predicted.onTime - 1,
      ),
  };
}
