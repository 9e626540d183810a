import type { Random } from '../../../src/platform/random.ts';
import type { Fleet } from '../../arena/fleet.ts';
import { peaksOf } from '../../arena/measures.ts';
import { streamNamed } from '../../arena/streams.ts';
import { rewardRows } from '../../environment/reward.ts';
import { RoutingEnvironment } from '../../environment/routing-environment.ts';
import { bestOf } from '../../rivals/dqn/dqn.ts';
import { PaperView } from '../../rivals/dqn/paper-view.ts';
import type { Workload } from '../../workloads/load.ts';
import type { Saved } from '../checkpoint.ts';
import { FIRST_LEARNING_SEED } from '../validation.ts';
import { DoubleDqn } from './double-dqn.ts';
import { Explorer } from './explorer.ts';
import type { Hyperparameters } from './hyperparameters.ts';
import { type Batch, emptyBatch, Replay } from './replay.ts';
import { Trajectory } from './trajectory.ts';

/** Seeds of one training's episodes; another seed's begin beyond them. */
const EPISODES_PER_SEED = 10_000;

export interface TrainingOptions {
  readonly fleet: Fleet;
  readonly workload: Workload;
  readonly seed: number;
  /** Decisions in all; exploration and the learning rate fall over them. */
  readonly steps: number;
  readonly hyperparameters: Hyperparameters;
}

/** What a training counts; with the arrays beside it, its whole state between two episodes. */
export interface Progress {
  readonly episodes: number;
  readonly decisions: number;
  readonly adamSteps: number;
  readonly replay: { readonly size: number; readonly next: number };
}

/** The paper's learner at work: Double DQN on episodes of simulated routing. */
export class DqnTraining {
  readonly view: PaperView;
  readonly learner: DoubleDqn;
  readonly #options: TrainingOptions;
  readonly #environment: RoutingEnvironment;
  readonly #replay: Replay;
  readonly #batch: Batch;
  /** Best quality any model has, by task. */
  readonly #peaks: ReadonlyMap<string, number>;
  #episodes = 0;
  #decisions = 0;
  #losses: number[] = [];

  constructor(options: TrainingOptions) {
    const { fleet, workload, seed, hyperparameters } = options;
    this.#options = options;
    this.view = new PaperView(fleet.catalogue);
    const shape = { inputs: this.view.inputs, outputs: this.view.models.length };
    const sizes = [shape.inputs, ...hyperparameters.hidden, shape.outputs];
    this.learner = new DoubleDqn({ ...hyperparameters, sizes }, streamNamed(seed, 'initial weights'));
    this.#replay = new Replay(shape, hyperparameters.replay);
    this.#batch = emptyBatch(shape, hyperparameters.batch);
    this.#peaks = peaksOf(fleet.catalogue);
    const reward = rewardRows.hard;
    this.#environment = new RoutingEnvironment({ fleet, workload, reward });
  }

  get decisions(): number {
    return this.#decisions;
  }

  get isOver(): boolean {
    return this.#decisions >= this.#options.steps;
  }

  /** Share of choices drawn at random now. */
  get exploration(): number {
    const { first, last, until } = this.#options.hyperparameters.exploration;
    return last + (first - last) * Math.max(1 - this.#share / until, 0);
  }

  /** Plays one episode and learns on the way; the last one ends with the training. */
  playEpisode(): void {
    const { seed, hyperparameters } = this.#options;
    const explorer = new Explorer(
      this.view.models.length,
      streamNamed(seed, `exploration of episode ${this.#episodes}`),
    );
    const draw = streamNamed(seed, `replay of episode ${this.#episodes}`);
    const trajectory = new Trajectory();
    let situation = this.#environment.reset(FIRST_LEARNING_SEED + seed * EPISODES_PER_SEED + this.#episodes);
    let isAtHorizon = false;
    while (!isAtHorizon && !this.isOver) {
      const { decision, observation, nowMs } = situation;
      const state = this.view.state(observation);
      const choice = this.#choose(state, this.view.mask(observation), explorer, nowMs);
      const step = this.#environment.step(this.view.action(observation, choice));

      const nextState = this.view.state(step.observation);
      const nextMask = this.view.mask(step.observation);
      const peak = this.#peaks.get(observation.request.task)!;
      const made = { state, choice, nextState, nextMask, peak };
      for (const whole of trajectory.add(decision, made, step.credits)) this.#replay.add(whole);

      isAtHorizon = step.truncated;
      this.#decisions += 1;
      if (this.#decisions % hyperparameters.learnEvery === 0) this.#learn(draw);
      situation = step;
    }
    this.#episodes += 1;
  }

  /** Mean loss since it was last asked for; 0 where nothing was learned. */
  takeLoss(): number {
    const mean = this.#losses.reduce((sum, loss) => sum + loss, 0) / Math.max(this.#losses.length, 1);
    this.#losses = [];
    return mean;
  }

  saved(): Saved<Progress> {
    const { online, target, adam } = this.learner;
    const { size, next, arrays } = this.#replay.saved();
    return {
      document: {
        episodes: this.#episodes,
        decisions: this.#decisions,
        adamSteps: adam.steps,
        replay: { size, next },
      },
      arrays: {
        online: online.parameters,
        target: target.parameters,
        first: adam.first,
        second: adam.second,
        ...arrays,
      },
    };
  }

  restore({ document, arrays }: Saved<Progress>): void {
    const { online, target, adam } = this.learner;
    online.parameters.set(arrays.online!);
    target.parameters.set(arrays.target!);
    adam.first.set(arrays.first!);
    adam.second.set(arrays.second!);
    adam.steps = document.adamSteps;
    this.#replay.restore({ ...document.replay, arrays });
    this.#episodes = document.episodes;
    this.#decisions = document.decisions;
  }

  get #share(): number {
    return this.#decisions / this.#options.steps;
  }

  #choose(state: Float32Array, mask: readonly boolean[], explorer: Explorer, nowMs: number): number {
    if (explorer.explores(this.exploration)) return explorer.choose(mask, nowMs);
    return bestOf(this.learner.online.forward(state, 1), mask)!;
  }

  #learn(random: Random): void {
    const { warmUp, learningRate } = this.#options.hyperparameters;
    if (this.#replay.size < warmUp) return;
    this.#replay.sample(this.#batch, random);
    const rate = learningRate.first * (learningRate.last / learningRate.first) ** this.#share;
    this.#losses.push(this.learner.learn(this.#batch, rate));
  }
}
