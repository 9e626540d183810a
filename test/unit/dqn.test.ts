import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Fleet, staticFleet } from '../../policy/arena/fleet.ts';
import { namedFleet } from '../../policy/arena/named-fleets.ts';
import { initialParameters, Network } from '../../policy/nn/network.ts';
import { contenderNamed } from '../../policy/rivals/contenders.ts';
import { dqn } from '../../policy/rivals/dqn/dqn.ts';
import { PaperView } from '../../policy/rivals/dqn/paper-view.ts';
import { type DqnWeights, weightsFile } from '../../policy/rivals/dqn/weights.ts';
import { encodedParameters } from '../../policy/rivals/encoded-parameters.ts';
import { DoubleDqn } from '../../policy/train/dqn/double-dqn.ts';
import { Explorer } from '../../policy/train/dqn/explorer.ts';
import { type Batch, emptyBatch, Replay } from '../../policy/train/dqn/replay.ts';
import { Trajectory, type Transition } from '../../policy/train/dqn/trajectory.ts';
import { seededRandom } from '../../src/platform/random.ts';
import { Ledger } from '../../src/pool/ledger.ts';
import { type Observation, observe } from '../../src/routing/observation.ts';
import { rank } from '../../src/routing/rank.ts';
import { request } from '../support/observations.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const partitioned = namedFleet('paper-partitioned');
const cohosted = namedFleet('paper-cohosted');

/** A request of a task as a fleet with so many requests in flight per variant sees it. */
function seen(
  { catalogue }: Fleet,
  inFlight: Readonly<Record<string, number>>,
  { task = 'piqa', cooling = [] as readonly string[], perSecond = 0 } = {},
): Observation {
  const idle = new Ledger(catalogue, 0).snapshot(0);
  const endpoints = Object.fromEntries(
    catalogue.endpoints.map(({ id }) => {
      const own = catalogue.variants.filter(({ endpoint }) => endpoint === id);
      const inFlightByVariant = Object.fromEntries(
        own.flatMap((variant) => {
          const count = inFlight[variant.id];
          return count === undefined ? [] : [[variant.id, count]];
        }),
      );
      const counts = Object.values(inFlightByVariant);
      const load = { ...idle.endpoints[id]!, inFlightByVariant, coolingMs: cooling.includes(id) ? 1_000 : 0 };
      return [id, { ...load, inFlight: counts.reduce((sum, count) => sum + count, 0) }];
    }),
  );
  const arrivals = { fastPerSecond: perSecond, slowPerSecond: 0 };
  return observe(catalogue, { ...idle, endpoints, arrivals }, request({ task }), {
    snapshotAgeMs: 0,
    elapsedMs: 0,
  });
}

/** A network that values the outputs as its last biases say, whatever it sees. */
function constant(view: PaperView, values: readonly number[]): Network {
  const network = new Network([view.inputs, 2, 3], new Float32Array((view.inputs + 1) * 2 + 9));
  network.parameters.set(values, network.parameters.length - 3);
  return network;
}

describe("the paper's view", () => {
  it('is the task, the batch size at each model and the arrival rate', () => {
    const view = new PaperView(partitioned.catalogue);
    expect(view.models).toEqual(['opt-6.7b', 'opt-1.3b', 'opt-125m']);
    const inFlight = { small: 99, large: 18 };
    const state = view.state(seen(partitioned, inFlight, { task: 'copa', perSecond: 999 }));
    expect(view.inputs).toBe(8);
    // The large model has two replicas, so nine each.
    expect([...state]).toEqual([0, 1, 0, 0, 1, 0, 2, 3]);
  });

  it('takes the mean over the GPUs that run a model beside others', () => {
    const view = new PaperView(cohosted.catalogue);
    const inFlight = { 'gpu-0-large': 20, 'gpu-3-large': 16, 'gpu-1-small': 36 };
    expect([...view.state(seen(cohosted, inFlight))]).toEqual([0, 0, 1, 0, 1, 0, 1, 0]);
  });

  it('takes a model to the emptiest endpoint that may be chosen', () => {
    const view = new PaperView(cohosted.catalogue);
    const loads = { 'gpu-0-small': 9, 'gpu-1-large': 3, 'gpu-2-medium': 4, 'gpu-3-small': 7 };
    const chosen = (cooling: readonly string[]) => {
      const view0 = seen(cohosted, loads, { cooling });
      return view0.actions[view.action(view0, 1)]!.variant.id;
    };
    expect(chosen([])).toBe('gpu-1-medium');
    expect(chosen(['gpu-1', 'gpu-2'])).toBe('gpu-3-medium');
    expect(view.mask(seen(cohosted, loads, { cooling: ['gpu-0'] }))).toEqual([true, true, true]);
    const cooling = ['gpu-0', 'gpu-1', 'gpu-2', 'gpu-3'];
    expect(view.mask(seen(cohosted, loads, { cooling }))).toEqual([false, false, false]);
  });
});

describe('the dqn scorer', () => {
  const view = new PaperView(partitioned.catalogue);
  const firstOf = (values: readonly number[], observation: Observation) =>
    rank(observation, dqn(view, constant(view, values)).score(observation), seededRandom(1)).map(
      ({ action }) => action.variant.id,
    );

  it('takes the model of the highest value, and the emptier of the others should it be full', () => {
    const observation = seen(partitioned, { medium: 10, small: 50 });
    expect(firstOf([0, 1, 0], observation)).toEqual(['medium', 'large', 'small']);
    expect(firstOf([-3, -2, -1], observation)).toEqual(['small', 'large', 'medium']);
  });

  it('passes over what may not be chosen', () => {
    expect(firstOf([0, 2, 1], seen(partitioned, {}, { cooling: ['medium'] }))[0]).toBe('small');
    expect(firstOf([0, 2, 1], seen(partitioned, {}, { cooling: ['small', 'medium', 'large'] }))).toEqual([]);
  });
});

describe('the dqn contender', () => {
  const view = new PaperView(partitioned.catalogue);
  const sizes = [view.inputs, 5, 4, 3];
  const parameters = initialParameters(sizes, seededRandom(4));
  const weights: DqnWeights = {
    fleet: 'paper-partitioned',
    workload: 'storm',
    tasks: view.tasks,
    models: view.models,
    sizes,
    parameters: encodedParameters(parameters),
    training: {
      seed: 1,
      steps: 100,
      bestStep: 50,
      utility: { dqn: 0.9, rule: 0.9, ruleName: 'shadow-price-tuned' },
    },
  };
  async function artifactsWith(document: object): Promise<string> {
    const folder = await temporaryFolder();
    writeFileSync(join(folder, weightsFile('paper-partitioned', 'storm')), JSON.stringify(document));
    return folder;
  }

  it('routes with the very numbers that were stored', async () => {
    const artifacts = await artifactsWith(weights);
    const contender = contenderNamed('dqn', { fleet: partitioned, workload: 'storm', artifacts });
    const scorer = contender.scorer(partitioned, seededRandom(1));
    const original = dqn(view, new Network(sizes, parameters));
    const random = seededRandom(5);
    const chosen = new Set<number>();
    for (let draw = 0; draw < 200; draw += 1) {
      const loads = { small: 100 * random(), medium: 100 * random(), large: 200 * random() };
      const task = view.tasks[Math.floor(4 * random())]!;
      const observation = seen(partitioned, loads, { task, perSecond: 2_000 * random() });
      const scores = Array.from(original.score(observation));
      expect(Array.from(scorer.score(observation))).toEqual(scores);
      chosen.add(scores.indexOf(Math.max(...scores)));
    }
    expect(chosen.size).toBeGreaterThan(1);
  });

  it('says what to do where nothing was trained', async () => {
    const artifacts = await temporaryFolder();
    expect(() => contenderNamed('dqn', { fleet: cohosted, workload: 'surge', artifacts })).toThrow(
      'dqn: not trained for paper-cohosted and surge; ' +
        'run: npm run train -- --scorer dqn --fleet paper-cohosted --workload surge',
    );
  });

  it('knows one fleet only, and goes to another load as it is', async () => {
    const artifacts = await artifactsWith(weights);
    const name = 'dqn@paper-partitioned/storm';
    expect(contenderNamed(name, { fleet: partitioned, workload: 'spike', artifacts }).name).toBe(name);
    expect(() => contenderNamed(name, { fleet: cohosted, workload: 'storm', artifacts })).toThrow(
      "a network of the paper's knows one fleet; this is paper-cohosted",
    );
    const fewer = { ...staticFleet(partitioned, 'large'), name: partitioned.name };
    expect(() => contenderNamed(name, { fleet: fewer, workload: 'storm', artifacts })).toThrow(
      'dqn: trained for the models opt-6.7b, opt-1.3b, opt-125m; the fleet has opt-6.7b',
    );
  });

  it('refuses a file that holds something else', async () => {
    const artifacts = await artifactsWith({ ...weights, sizes: 'large' });
    expect(() => contenderNamed('dqn', { fleet: partitioned, workload: 'storm', artifacts })).toThrow(
      /sizes/,
    );
  });
});

describe('a trajectory', () => {
  const choice = (choice: number) => ({
    state: Float32Array.of(choice),
    choice,
    nextState: Float32Array.of(choice + 1),
    nextMask: [true],
    peak: 0.7,
  });

  it('gives each choice what its own request earned, whenever that becomes known', () => {
    const trajectory = new Trajectory();
    expect(trajectory.add(10, choice(0), [])).toEqual([]);
    expect(trajectory.add(11, choice(1), [{ decision: 11, reward: 0.5 }])).toMatchObject([{ choice: 1 }]);
    const late = trajectory.add(12, choice(2), [
      { decision: 12, reward: 0.7 },
      { decision: 10, reward: 0 },
    ]);
    expect(late.map(({ choice: made, nextState }) => [made, nextState[0]])).toEqual([
      [2, 3],
      [0, 1],
    ]);
    expect(late.map(({ reward }) => reward)).toEqual([0, -0.7]);
  });

  it('notices credit for a choice that nobody made', () => {
    expect(() => new Trajectory().add(1, choice(0), [{ decision: 2, reward: 1 }])).toThrow('decision 2');
  });
});

describe('exploration', () => {
  const sharesOf = (explorer: Explorer, mask: readonly boolean[]) => {
    const counts = [0, 0, 0];
    for (let draw = 0; draw < 3_000; draw += 1) counts[explorer.choose(mask, 0)]! += 1 / 3_000;
    return counts;
  };

  it('has one mixture for a second, then another, and an even one over many', () => {
    const explorer = new Explorer(3, seededRandom(1));
    const all = [true, true, true];
    const shares = Array.from({ length: 300 }, (_, second) => {
      const counts = [0, 0, 0];
      for (let draw = 0; draw < 200; draw += 1)
        counts[explorer.choose(all, 1_000 * second + draw)]! += 1 / 200;
      return counts;
    });
    for (const choice of [0, 1, 2]) {
      const own = shares.map((share) => share[choice]!);
      expect(own.reduce((sum, share) => sum + share, 0) / own.length).toBeCloseTo(1 / 3, 1);
      expect(Math.max(...own)).toBeGreaterThan(0.8);
      expect(Math.min(...own)).toBeLessThan(0.02);
    }
  });

  it('never takes what is masked, and explores as often as it is told', () => {
    const explorer = new Explorer(3, seededRandom(1));
    expect(sharesOf(explorer, [false, true, false])[1]).toBeCloseTo(1, 6);
    expect(sharesOf(explorer, [true, false, true])[1]).toBe(0);
    const explored = Array.from({ length: 4_000 }, () => explorer.explores(0.25)).filter(Boolean).length;
    expect(explored / 4_000).toBeCloseTo(0.25, 1);
  });
});

function transition(
  state: number,
  choice: number,
  reward: number,
  next: number,
  allowed = [true, true],
): Transition {
  const oneHot = (index: number) => Float32Array.from([0, 1, 2], (at) => (at === index ? 1 : 0));
  return { state: oneHot(state), choice, reward, nextState: oneHot(next), nextMask: allowed };
}

const shape = { inputs: 3, outputs: 2 };

function batchOf(transitions: readonly Transition[], rows: number): Batch {
  const replay = new Replay(shape, transitions.length);
  for (const one of transitions) replay.add(one);
  const batch = emptyBatch(shape, rows);
  replay.sample(batch, seededRandom(7));
  return batch;
}

describe('the replay memory', () => {
  it('forgets the oldest first and draws from all the others', () => {
    const replay = new Replay(shape, 3);
    for (const reward of [1, 2, 3, 4])
      replay.add(transition(reward % 3, reward % 2, reward, 0, [true, false]));
    expect(replay.size).toBe(3);
    const batch = emptyBatch(shape, 300);
    replay.sample(batch, seededRandom(1));
    expect(new Set(batch.rewards)).toEqual(new Set([2, 3, 4]));
    for (const [row, reward] of batch.rewards.entries()) {
      expect(batch.choices[row]).toBe(reward % 2);
      expect(batch.states[3 * row + (reward % 3)]).toBe(1);
      expect([...batch.nextMasks.subarray(2 * row, 2 * row + 2)]).toEqual([1, 0]);
    }
    const counts = [2, 3, 4].map((reward) => batch.rewards.filter((one) => one === reward).length);
    for (const count of counts) expect(count).toBeGreaterThan(70);
  });
});

describe('double DQN', () => {
  const options = { sizes: [3, 16, 16, 2], gamma: 0.9, huberDelta: 1, mostGradient: 10, targetRate: 0.05 };

  it('lets the online network choose and the target network value', () => {
    const learner = new DoubleDqn(options, seededRandom(1));
    // Biases alone decide: online prefers the first choice, which the target values at 0.25, not at its own best, 8.
    for (const { parameters } of [learner.online, learner.target]) parameters.fill(0);
    learner.online.parameters.set([2, 1], learner.online.parameters.length - 2);
    learner.target.parameters.set([0.25, 8], learner.target.parameters.length - 2);
    // Online values choice 1 at 1 and is told 0.5 + 0.9 · 0.25: a loss of half the square of 0.275.
    expect(learner.learn(batchOf([transition(0, 1, 0.5, 1)], 4), 1e-3)).toBeCloseTo(0.275 ** 2 / 2, 6);
  });

  it('does not hope for what is masked', () => {
    const learner = new DoubleDqn(options, seededRandom(1));
    for (const { parameters } of [learner.online, learner.target]) parameters.fill(0);
    learner.online.parameters.set([2, 1], learner.online.parameters.length - 2);
    learner.target.parameters.set([8, 0.25], learner.target.parameters.length - 2);
    const batch = batchOf([transition(0, 1, 0.5, 1, [false, true])], 4);
    expect(learner.learn(batch, 1e-3)).toBeCloseTo(0.275 ** 2 / 2, 6);
  });

  it('finds the values of a small process', () => {
    // A ring of three states. Choice 0 stays and earns 0, choice 1 goes on; going on from state 2 earns 1.
    const ring = [0, 1, 2].flatMap((state) => [
      transition(state, 0, 0, state),
      transition(state, 1, state === 2 ? 1 : 0, (state + 1) % 3),
    ]);
    const learner = new DoubleDqn(options, seededRandom(2));
    const replay = new Replay(shape, ring.length);
    for (const one of ring) replay.add(one);
    const batch = emptyBatch(shape, 16);
    const random = seededRandom(3);
    for (let step = 0; step < 4_000; step += 1) {
      replay.sample(batch, random);
      learner.learn(batch, 3e-3 * 0.001 ** (step / 4_000));
    }
    // From state 2 on: 1 + γ³ + γ⁶ + …
    const best = 1 / (1 - 0.9 ** 3);
    const expected = [0.9 ** 2, 0.9, 1].flatMap((factor) => [0.9 * factor * best, factor * best]);
    const values = learner.online.forward(Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1), 3);
    for (const [index, value] of expected.entries()) expect(values[index]).toBeCloseTo(value, 1);
  });
});
