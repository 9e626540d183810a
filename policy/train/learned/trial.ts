import { features } from '../../../src/routing/learned/features.ts';
import { networkOf } from '../../../src/routing/learned/network.ts';
import type { SyncScorer } from '../../../src/routing/scorer.ts';
import { learnedPolicy } from '../../../src/routing/scorers/learned.ts';
import { type Contender, compete } from '../../arena/contender.ts';
import type { Measures } from '../../arena/measures.ts';
import type { Scenario } from '../scenarios/scenario.ts';

/** The policy with given parameters, as it enters the arena. */
export function policyOf(parameters: Float32Array, hidden: number): Contender {
  const scorer: SyncScorer = learnedPolicy(networkOf(parameters, features.length, hidden));
  return { name: scorer.name, arrange: (fleet) => fleet, scorer: () => scorer };
}

/** One contender on one scenario. */
export function runScenario(
  { fleet, requests, conditions }: Scenario,
  contender: Contender,
  seed: number,
): Measures {
  return compete(contender, fleet, requests, seed, conditions);
}
