import { featuresOf, termsOf } from '../learned/features.ts';
import { forward, type PolicyNetwork } from '../learned/network.ts';
import { viewPool } from '../learned/pool-view.ts';
import type { SyncScorer } from '../scorer.ts';

/** The learned policy, its network evaluated by plain loops. */
export function learnedPolicy(network: PolicyNetwork): SyncScorer {
  return {
    name: 'learned',
    score: (observation) => {
      const pool = viewPool(observation);
      return forward(network, featuresOf(pool), termsOf(pool), pool.actions.length);
    },
  };
}
