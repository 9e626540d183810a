import { describe, expect, it } from 'vitest';
import { chosenFirst } from '../../policy/arena/chosen-first.ts';
import { type ConditionsInput, parseConditions } from '../../policy/arena/conditions.ts';
import { Scoreboard } from '../../policy/arena/measures.ts';
import { fleetNames, namedFleet } from '../../policy/arena/named-fleets.ts';
import { type Outcome, Simulation } from '../../policy/arena/simulation.ts';
import { contractViolations } from '../../policy/environment/contract.ts';
import type { Environment, Step } from '../../policy/environment/environment.ts';
import { rewardRows } from '../../policy/environment/reward.ts';
import { RoutingEnvironment } from '../../policy/environment/routing-environment.ts';
import { seededRandom } from '../../src/platform/random.ts';
import type { Observation } from '../../src/routing/observation.ts';
import { bestFirst, poissonRequests, requestAt, requestsEvery } from '../support/simulated-pool.ts';

const fleet = namedFleet('paper-partitioned');
const workload = { requests: (seed: number) => poissonRequests(900, 2, seed) };

function environment(conditions: ConditionsInput = {}, requests = workload.requests): RoutingEnvironment {
  return new RoutingEnvironment({
    fleet,
    workload: { requests },
    reward: rewardRows.hard,
    conditions: parseConditions(conditions, 'conditions', fleet.catalogue),
  });
}

/** Every step of an episode in which the same action is always taken. */
function always(action: number, made: RoutingEnvironment): Step<Observation>[] {
  const steps: Step<Observation>[] = [];
  made.reset(1);
  do steps.push(made.step(action));
  while (!steps.at(-1)!.truncated);
  return steps;
}

const rough: ConditionsInput = {
  edges: 4,
  edgeToLedger: { meanMs: 12, jitter: 0.4 },
  edgeToEndpoint: { meanMs: 20, jitter: 0.4 },
  snapshotMaxAgeMs: 250,
  reportWithinMs: 20,
  faults: [
    { kind: 'outage', when: { kind: 'windows', windows: [{ fromS: 0.8, toS: 1.2 }] } },
    { kind: 'throttling', share: 0.1, retryAfterMs: 50 },
    { kind: 'lost-settles', share: 0.1 },
  ],
};

describe('a simulation that waits for its decisions', () => {
  it('goes as one that is given the scorer', () => {
    const outcomesOf = (options: object, drive: (simulation: Simulation) => void) => {
      const outcomes: Outcome[] = [];
      const requests = workload.requests(1);
      const conditions = parseConditions(rough, 'conditions', fleet.catalogue);
      const simulation = new Simulation(
        { fleet, requests, random: seededRandom(1), conditions, ...options },
        (outcome) => outcomes.push(outcome),
      );
      drive(simulation);
      return outcomes;
    };
    const asked = outcomesOf({}, (simulation) => {
      while (simulation.step())
        if (simulation.pending !== undefined)
          simulation.decide(bestFirst.score(simulation.pending.observation));
    });
    expect(asked).toHaveLength(workload.requests(1).length);
    expect(asked).toEqual(outcomesOf({ scorer: bestFirst }, (simulation) => simulation.run()));
  });

  it('moves only when it is told, and is told only when it waits', () => {
    const options = { fleet, requests: requestsEvery(1, 2), random: seededRandom(1) };
    const simulation = new Simulation(options, () => {});
    expect(() => simulation.decide([1, 1, 1])).toThrow('no decision is pending');
    while (simulation.pending === undefined) simulation.step();
    expect(() => simulation.step()).toThrow('request 0 waits for its decision');
    simulation.decide([1, 1, 1]);
    expect(simulation.step()).toBe(true);
  });
});

describe('the routing environment', () => {
  it.each(fleetNames)('keeps the contract on %s', (name) => {
    const own = namedFleet(name);
    const [task] = Object.keys(own.catalogue.tasks);
    const made = new RoutingEnvironment({
      fleet: own,
      workload: { requests: () => requestsEvery(0.5, 300, { task: task! }) },
      reward: rewardRows.soft,
    });
    expect(contractViolations(made, { seed: 1, steps: 1_000 })).toEqual([]);
  });

  it('keeps it when messages take time and much goes wrong', () => {
    expect(contractViolations(environment(rough), { seed: 1, steps: 5_000 })).toEqual([]);
  });

  it('pays in all what the arena counts, each decision what its own request was worth', () => {
    const steps = always(2, environment());
    const board = new Scoreboard(fleet.catalogue);
    const taken: Outcome[] = [];
    const scorer = { name: 'large', score: (observation: Observation) => chosenFirst(observation, 2) };
    const requests = workload.requests(1);
    // The last request is only looked at: the horizon is before its decision.
    const options = { fleet, requests: requests.slice(0, -1), scorer, random: seededRandom(1) };
    const simulation = new Simulation(options, (outcome) => {
      board.add(outcome);
      taken.push(outcome);
    });
    simulation.run();
    const paid = new Map(
      steps.flatMap(({ credits }) => credits.map(({ decision, reward }) => [decision, reward])),
    );
    expect(paid.size).toBe(requests.length - 1);
    for (const outcome of taken)
      expect(paid.get(outcome.id)).toBe(
        outcome.kind === 'served' && outcome.onTime ? outcome.variant.quality[outcome.request.task] : 0,
      );
    const peak = requests.slice(0, -1).reduce((sum, { task }) => sum + peakOf(task), 0);
    const earned = steps.reduce((sum, { reward }) => sum + reward, 0);
    expect(earned / peak).toBeCloseTo(board.measures().utility, 10);
    expect(board.measures().onTime).toBeLessThan(0.9);
  });

  it('is truncated at the end of the workload, never terminated, and still shows a state to bootstrap from', () => {
    const steps = always(0, environment());
    expect(steps.some(({ terminated }) => terminated)).toBe(false);
    expect(steps.filter(({ truncated }) => truncated)).toHaveLength(1);
    const last = steps.at(-1)!;
    expect(last.decision).toBe(workload.requests(1).length - 1);
    expect(last.observation.actions).toHaveLength(3);
  });

  it('refuses without asking what may go nowhere', () => {
    const throttled = environment({ faults: [{ kind: 'throttling', retryAfterMs: 50 }] }, () =>
      requestsEvery(10, 30),
    );
    const asked = [throttled.reset(1).decision, ...always(0, throttled).map(({ decision }) => decision)];
    // Each request asked about is tried at all three endpoints, which then cool for five requests' time.
    expect(asked.slice(0, 3)).toEqual([0, 5, 10]);
  });

  it('does not begin where there is nothing to decide', () => {
    expect(() => environment({}, () => [requestAt(0)]).reset(7)).toThrow(
      'seed 7: expected an episode of at least two requests, received fewer',
    );
    expect(() => environment().step(0)).toThrow('call reset first');
  });
});

function peakOf(task: string): number {
  return Math.max(...fleet.catalogue.variants.map(({ quality }) => quality[task]!));
}

/** A small environment that keeps the contract: ten steps, the second action is allowed at even ones only. */
function counting(): Environment<{ value: number }> {
  let at = Number.POSITIVE_INFINITY;
  const situation = () => ({
    decision: at,
    observation: { value: at },
    mask: [true, at % 2 === 0],
    nowMs: at,
  });
  return {
    actions: 2,
    reset: () => {
      at = 0;
      return situation();
    },
    step: (action) => {
      if (at >= 10) throw new Error('over');
      if (situation().mask[action] !== true) throw new RangeError('not allowed');
      at += 1;
      const credits = [{ decision: at - 1, reward: action }];
      return { ...situation(), reward: action, credits, terminated: false, truncated: at === 10 };
    },
  };
}

type Broken = (environment: Environment<{ value: number }>) => Partial<Environment<{ value: number }>>;
type Counted = Step<{ value: number }>;
const stepping =
  (change: (step: Counted) => Partial<Counted>): Broken =>
  ({ step }) => ({
    step: (action) => {
      const made = step(action);
      return { ...made, ...change(made) };
    },
  });

describe('the contract', () => {
  it('is kept by an environment that keeps it', () => {
    expect(contractViolations(counting(), { seed: 1, steps: 100 })).toEqual([]);
    expect(contractViolations(counting(), { seed: 1, steps: 5 })).toEqual([]);
  });

  const shared = { value: 0 };
  let resets = 0;
  const breaches: readonly [string, Broken, RegExp][] = [
    ['no actions', () => ({ actions: 0 }), /^actions: .* received 0/],
    ['a mask of another length', stepping(() => ({ mask: [true] })), /^mask: expected 2 entries/],
    [
      'a mask that allows nothing',
      stepping(() => ({ mask: [false, false] })),
      /^mask: expected at least one/,
    ],
    ['time that goes back', stepping(({ nowMs }) => ({ nowMs: 20 - nowMs })), /^nowMs: went backwards/],
    ['a decision given twice', stepping(() => ({ decision: 5 })), /^decision: given to two/],
    ['no reward', stepping(() => ({ reward: Number.NaN })), /^reward: expected a finite/],
    ['a reward beside the credits', stepping(() => ({ reward: 7 })), /^reward: expected the sum/],
    [
      'two ends at once',
      stepping(({ truncated }) => ({ terminated: truncated })),
      /^terminated, truncated: an episode/,
    ],
    [
      'credit for nobody',
      stepping(({ credits }) => ({ credits: [...credits, { decision: 99, reward: 0 }] })),
      /^credits: for a decision/,
    ],
    ['decisions nobody credits', stepping(() => ({ credits: [], reward: 0 })), /^credits: decisions without/],
    [
      'observations that change',
      stepping(({ nowMs }) => {
        shared.value = nowMs;
        return { observation: shared };
      }),
      /^what was given out/,
    ],
    [
      'seeds that do not hold',
      ({ reset }) => ({
        reset: (seed) => {
          resets += 1;
          return { ...reset(seed), observation: { value: resets } };
        },
      }),
      /^the same seed/,
    ],
    [
      'masked actions that are taken',
      ({ step }) => ({ step: (action) => step(action === 1 ? 0 : action) }),
      /^step: expected a RangeError/,
    ],
    [
      'no end',
      ({ reset, step }) => {
        let isOver = false;
        return {
          reset: (seed) => {
            isOver = false;
            return reset(seed);
          },
          step: (action) => {
            if (isOver) return { ...reset(1), reward: 0, credits: [], terminated: false, truncated: false };
            const made = step(action);
            isOver = made.truncated;
            return made;
          },
        };
      },
      /^step: went on after the end/,
    ],
  ];
  it.each(breaches)('finds %s', (_, broken, sentence) => {
    const made = counting();
    const violations = contractViolations({ ...made, ...broken(made) }, { seed: 1, steps: 100 });
    expect(violations).toContainEqual(expect.stringMatching(sentence));
  });
});
