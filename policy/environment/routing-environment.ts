import { seededRandom } from '../../src/platform/random.ts';
import type { Observation } from '../../src/routing/observation.ts';
import { chosenFirst } from '../arena/chosen-first.ts';
import type { Conditions } from '../arena/conditions.ts';
import type { Fleet } from '../arena/fleet.ts';
import { type Outcome, Simulation } from '../arena/simulation.ts';
import type { WorkloadRequest } from '../workloads/request.ts';
import type { Credit, Environment, Situation, Step } from './environment.ts';
import { type Promised, type RewardRow, rewardOf } from './reward.ts';

export interface RoutingEnvironmentOptions {
  readonly fleet: Fleet;
  /** One episode's requests. */
  readonly workload: { requests(seed: number): Iterable<WorkloadRequest> };
  readonly reward: RewardRow;
  readonly conditions?: Conditions;
}

/**
 * Routing on simulated GPUs: the decisions are the requests', the actions the catalogue's variants, the reward what the
 * requests were worth when they ended. The workload's end is the horizon: the decision pending then is the last one
 * seen, and nobody takes it. What is in flight by then ends without company, and its reward comes with the last step.
 *
 * A chosen variant that is full is replaced as `chosenFirst` says. A request that may go nowhere is refused without
 * anybody being asked.
 */
export class RoutingEnvironment implements Environment<Observation> {
  readonly actions: number;
  readonly #options: RoutingEnvironmentOptions;
  #episode: Episode | undefined;

  constructor(options: RoutingEnvironmentOptions) {
    this.actions = options.fleet.catalogue.variants.length;
    this.#options = options;
  }

  /** @throws RangeError for a seed whose episode has less than two requests: one to decide, one to bootstrap from */
  reset(seed: number): Situation<Observation> {
    this.#episode = new Episode(this.#options, seed);
    return this.#episode.situation;
  }

  step(action: number): Step<Observation> {
    if (this.#episode === undefined) throw new Error('step: no episode has begun; call reset first');
    return this.#episode.step(action);
  }
}

/** One run of the simulation, from decision to decision. */
class Episode {
  readonly #simulation: Simulation;
  readonly #requests: Watched<WorkloadRequest>;
  /** What was promised to the requests that are on their way. */
  readonly #promises = new Map<number, Promised>();
  #credits: Credit[] = [];
  #situation: Situation<Observation> | undefined;
  #isOver: boolean;

  constructor({ fleet, workload, reward, conditions }: RoutingEnvironmentOptions, seed: number) {
    this.#requests = new Watched(workload.requests(seed));
    const options = {
      fleet,
      requests: this.#requests,
      random: seededRandom(seed),
      ...(conditions && { conditions, conditionsSeed: seed }),
    };
    this.#simulation = new Simulation(options, (outcome) => this.#credit(outcome, reward));
    this.#toNextDecision();
    this.#isOver = this.#requests.areOver;
    if (this.#isOver)
      throw new RangeError(`seed ${seed}: expected an episode of at least two requests, received fewer`);
  }

  get situation(): Situation<Observation> {
    return this.#situation!;
  }

  step(action: number): Step<Observation> {
    if (this.#isOver) throw new Error('step: the episode is over; call reset first');
    const { decision, observation, mask } = this.situation;
    if (mask[action] !== true)
      throw new RangeError(
        `action: expected one of the unmasked ones below ${mask.length}, received ${action}`,
      );
    this.#promises.set(decision, observation.request);
    this.#simulation.decide(chosenFirst(observation, action));
    this.#toNextDecision();
    this.#isOver = this.#requests.areOver;
    if (this.#isOver) this.#finish();
    const credits = this.#credits;
    this.#credits = [];
    const reward = credits.reduce((sum, credit) => sum + credit.reward, 0);
    return { ...this.situation, reward, credits, terminated: false, truncated: this.#isOver };
  }

  /** Should every request left be refused unasked, the last decision there was stands for the one to bootstrap from. */
  #toNextDecision(): void {
    do {
      const { pending } = this.#simulation;
      if (pending === undefined) continue;
      const { id, observation } = pending;
      const mask = observation.actions.map(({ masked }) => masked === undefined);
      if (mask.includes(true)) {
        this.#situation = { decision: id, observation, mask, nowMs: this.#simulation.nowMs };
        return;
      }
      this.#refuse(observation);
    } while (this.#simulation.step());
  }

  /** Lets everything end that was decided; what was not is refused, and credits nobody. */
  #finish(): void {
    do {
      const { pending } = this.#simulation;
      if (pending !== undefined) this.#refuse(pending.observation);
    } while (this.#simulation.step());
  }

  #refuse({ actions }: Observation): void {
    this.#simulation.decide(actions.map(() => -Infinity));
  }

  #credit(outcome: Outcome, row: RewardRow): void {
    const promised = this.#promises.get(outcome.id);
    if (promised === undefined) return;
    this.#promises.delete(outcome.id);
    this.#credits.push({ decision: outcome.id, reward: rewardOf(outcome, promised, row) });
  }
}

/** An iterable that knows whether its last item has been taken and the end was seen. */
class Watched<Item> implements Iterable<Item> {
  readonly #items: Iterable<Item>;
  areOver = false;

  constructor(items: Iterable<Item>) {
    this.#items = items;
  }

  *[Symbol.iterator](): Iterator<Item> {
    yield* this.#items;
    this.areOver = true;
  }
}
