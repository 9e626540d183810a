import { parentPort } from 'node:worker_threads';
import { scorerSchema } from '../../../src/routing/catalogue.ts';
import { createScorer } from '../../../src/routing/create-scorer.ts';
import { features } from '../../../src/routing/learned/features.ts';
import { networkOf } from '../../../src/routing/learned/network.ts';
import { learnedPolicy } from '../../../src/routing/scorers/learned.ts';
import { type Contender, compete, contender } from '../../arena/contender.ts';
import type { Reply } from '../../parallel/worker-pool.ts';
import { type Course, scenarioFor } from './course.ts';
import { directionOf, moved } from './evolution.ts';
import type { Score } from './score.ts';

/** `pair`: two mirrored perturbations on one scenario; `check`: the policy as it is, and the rule. */
export type Job = {
  readonly parameters: Float32Array;
  readonly hidden: number;
  readonly scenarioSeed: number;
  readonly requests: number;
  readonly only: Course | undefined;
} & ({ readonly kind: 'pair'; readonly perturbation: Perturbation } | { readonly kind: 'check' });

interface Perturbation {
  readonly seed: number;
  readonly generation: number;
  readonly pair: number;
  readonly deviation: number;
}

/** Of a pair's two sides, or of the policy and the rule. */
export type Scores = readonly [Score, Score];

const rule = contender('shadow-price', (_, random) =>
  createScorer(scorerSchema.parse({ kind: 'shadow-price', harm: 0 }), random),
);

parentPort?.on('message', (job: Job) => {
  try {
    reply({ result: scoresOf(job) });
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    reply({ fault: `scenario ${job.scenarioSeed}: ${words}` });
  }
});

function scoresOf(job: Job): Scores {
  const { parameters, hidden, scenarioSeed } = job;
  const { fleet, requests, conditions } = scenarioFor(job.only, scenarioSeed, job.requests);
  const score = (competitor: Contender): Score => {
    const { utility, onTime } = compete(competitor, fleet, requests, scenarioSeed, conditions);
    return { utility, onTime };
  };
  if (job.kind === 'check') return [score(policyOf(parameters, hidden)), score(rule)];
  const { seed, generation, pair, deviation } = job.perturbation;
  const direction = directionOf(seed, generation, pair, parameters.length);
  const side = (scale: number) => score(policyOf(moved(parameters, direction, scale), hidden));
  return [side(deviation), side(-deviation)];
}

function policyOf(parameters: Float32Array, hidden: number): Contender {
  const scorer = learnedPolicy(networkOf(parameters, features.length, hidden));
  return contender(scorer.name, () => scorer);
}

function reply(message: Reply<Scores>): void {
  parentPort!.postMessage(message);
}
