import { featuresOf, termsOf } from '../learned/features.ts';
import { forward, type PolicyNetwork } from '../learned/network.ts';
import type { SyncScorer } from '../scorer.ts';

/** The learned policy, its network evaluated by plain loops. */
export function learnedPolicy(network: PolicyNetwork): SyncScorer {
  return {
    name: 'learned',
    score: (observation) =>
      forward(network, featuresOf(observation), termsOf(observation), observation.actions.length),
  };
}
