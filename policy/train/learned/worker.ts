import { parentPort } from 'node:worker_threads';
import { seededRandom } from '../../../src/platform/random.ts';
import { scorerSchema } from '../../../src/routing/catalogue.ts';
import { createScorer } from '../../../src/routing/create-scorer.ts';
import type { Contender } from '../../arena/contender.ts';
import type { Reply } from '../../parallel/worker-pool.ts';
import { benchScenario } from '../scenarios/bench-scenario.ts';
import { type Scenario, scenarioOf } from '../scenarios/scenario.ts';
import { directionOf, moved } from './evolution.ts';
import { policyOf, runScenario } from './trial.ts';

/** A pair of mirrored perturbations on one scenario (result: the gain), or the policy beside the rule on one. */
export type Job = {
  readonly parameters: Float32Array;
  readonly hidden: number;
  readonly scenarioSeed: number;
  readonly requests: number;
} & (
  | {
      readonly kind: 'pair';
      readonly seed: number;
      readonly generation: number;
      readonly pair: number;
      readonly deviation: number;
    }
  | { readonly kind: 'check' }
);

/** Utilities of a pair's two sides, or of the policy and the rule. */
export type Utilities = readonly [number, number];

const rule: Contender = {
  name: 'shadow-price',
  arrange: (fleet) => fleet,
  scorer: () => createScorer(scorerSchema.parse({ kind: 'shadow-price' }), seededRandom(1)),
};

parentPort?.on('message', (job: Job) => {
  try {
    reply({ result: utilitiesOf(job) });
  } catch (error) {
    reply({
      fault: `scenario ${job.scenarioSeed}: ${error instanceof Error ? error.message : String(error)}`,
    });
  }
});

/** Every third scenario is one of the bench's own fleets, so that what is general is not bought with what is known. */
function scenarioFor(seed: number, requests: number): Scenario {
  return seed % 3 === 0 ? benchScenario(seed, requests) : scenarioOf(seed, { requests });
}

function utilitiesOf(job: Job): Utilities {
  const { parameters, hidden, scenarioSeed, requests } = job;
  const scenario = scenarioFor(scenarioSeed, requests);
  const utility = (contender: Contender) => runScenario(scenario, contender, scenarioSeed).utility;
  if (job.kind === 'check') return [utility(policyOf(parameters, hidden)), utility(rule)];
  const direction = directionOf(job.seed, job.generation, job.pair, parameters.length);
  const side = (scale: number) => utility(policyOf(moved(parameters, direction, scale), hidden));
  return [side(job.deviation), side(-job.deviation)];
}

function reply(message: Reply<Utilities>): void {
  parentPort!.postMessage(message);
}
