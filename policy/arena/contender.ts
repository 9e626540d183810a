import { type Random, seededRandom } from '../../src/platform/random.ts';
import type { SyncScorer } from '../../src/routing/scorer.ts';
import type { WorkloadRequest } from '../workloads/request.ts';
import type { Conditions } from './conditions.ts';
import type { Fleet } from './fleet.ts';
import { type Measures, Scoreboard } from './measures.ts';
import { type Outcome, Simulation } from './simulation.ts';

/** A way of serving, as it enters the arena. */
export interface Contender {
  readonly name: string;
  /** The fleet it runs on: the one given, or the same GPUs arranged otherwise, as static serving does. */
  arrange(fleet: Fleet): Fleet;
  /** @param fleet the arranged one */
  scorer(fleet: Fleet, random: Random): SyncScorer;
}

/** One that takes the fleet as it is given. */
export function contender(name: string, scorer: Contender['scorer']): Contender {
  return { name, arrange: (fleet) => fleet, scorer };
}

/**
 * One contender on one stream of requests. The peak is that of the given fleet's ladder, so contenders that arrange
 * the GPUs otherwise are measured against the same.
 * @param onOutcome told how every request ended
 */
export function compete(
  competitor: Contender,
  fleet: Fleet,
  requests: Iterable<WorkloadRequest>,
  seed: number,
  conditions?: Conditions,
  onOutcome: (outcome: Outcome) => void = () => {},
): Measures {
  const arranged = competitor.arrange(fleet);
  const random = seededRandom(seed);
  const scoreboard = new Scoreboard(fleet.catalogue);
  const scorer = competitor.scorer(arranged, random);
  const options = {
    fleet: arranged,
    requests,
    scorer,
    random,
    // Of the seed, not of the stream the scorer draws from: whoever competes meets the same faults.
    ...(conditions && { conditions, conditionsSeed: seed }),
  };
  const simulation = new Simulation(options, (outcome) => {
    scoreboard.add(outcome);
    onOutcome(outcome);
  });
  simulation.run();
  return scoreboard.measures();
}
