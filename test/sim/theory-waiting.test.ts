import { describe, expect, it } from 'vitest';
import { uniformTokens } from '../../policy/workloads/lengths.ts';
import type { Variate } from '../../policy/workloads/variates.ts';
import { geometric, runQueue } from './queue-engine.ts';
import { erlangB, meanWait, meanWaitOfOneServer, type Queue, waitBeyond } from './queueing-theory.ts';
import { type Estimate, estimate, expectAgreement, expectPower } from './replications.ts';

const STEP_MS = 5;
const STEPS = 200;
const SERVICE_MS = STEP_MS * STEPS;
const REQUESTS = 30_000;
/** The engine starts empty. The slowest queue here forgets that within some hundred services. */
const WARM_UP = 2_000;

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

interface Load {
  readonly places: number;
  readonly utilisation: number;
  readonly tokens?: Variate;
}

function estimateOf(load: Load, measure: (waitsMs: readonly number[]) => number): Estimate {
  const { places, utilisation, tokens = geometric(STEPS) } = load;
  const ratePerMs = (utilisation * places) / SERVICE_MS;
  return estimate((seed) => {
    const run = { places, stepMs: STEP_MS, ratePerMs, tokens, seed, requests: REQUESTS };
    return measure(runQueue(run).waitsMs.slice(WARM_UP));
  });
}

/**
 * M/M/c as the engine can be it. Services are whole steps: geometric instead of exponential, which scatters less by a
 * share of 1/STEPS. And who finds a place free waits for the step under way to end, so a place is taken for up to a
 * step longer. The truth lies between the queues of the shortest and the longest service.
 */
function queues({ places, utilisation }: Load): { shortest: Queue; longest: Queue } {
  const queue = { servers: places, rate: (utilisation * places) / SERVICE_MS, service: SERVICE_MS };
  return { shortest: queue, longest: { ...queue, service: SERVICE_MS + STEP_MS } };
}

describe('an engine of c places with geometric lengths waits as M/M/c', () => {
  it.each<Load>([
    { places: 1, utilisation: 0.5 },
    { places: 1, utilisation: 0.8 },
    { places: 2, utilisation: 0.8 },
    { places: 4, utilisation: 0.8 },
    { places: 16, utilisation: 0.9 },
  ])('on average: $places places, $utilisation busy', (load) => {
    const { shortest, longest } = queues(load);
    const low = meanWait(shortest) * (1 - 1 / STEPS);
    const found = estimateOf(load, meanOf);
    expectAgreement('mean wait in ms', found, low, meanWait(longest) + STEP_MS);
    expectPower('mean wait in ms', found, low, 2 * low);
  });

  it.each<Load>([
    { places: 1, utilisation: 0.8 },
    { places: 4, utilisation: 0.8 },
  ])('in the tail: $places places, $utilisation busy', (load) => {
    const { shortest, longest } = queues(load);
    const found = estimateOf(
      load,
      (waitsMs) => waitsMs.filter((waitMs) => waitMs > SERVICE_MS).length / waitsMs.length,
    );
    const [low, high] = [waitBeyond(shortest, SERVICE_MS), waitBeyond(longest, SERVICE_MS - STEP_MS)];
    expectAgreement('share that waits longer than a service', found, low * (1 - 1 / STEPS), high);
    expectPower('share that waits longer than a service', found, low, 2 * low);
  });

  it('and would not if a place was lost, or one too many given out', () => {
    const load = { places: 8, utilisation: 0.8 };
    const { shortest, longest } = queues(load);
    const [low, high] = [meanWait(shortest) * (1 - 1 / STEPS), meanWait(longest) + STEP_MS];
    const agrees = (places: number) => {
      const utilisation = (load.utilisation * load.places) / places;
      return estimateOf({ places, utilisation }, meanOf).agreesWith(low, high);
    };
    expect([7, 8, 9].map(agrees)).toEqual([false, true, false]);
  });
});

describe('an engine of one place waits as M/G/1, to the letter', () => {
  // With one place nobody waits for a step of somebody else's, so theory holds without any allowance for steps.
  const variance = (low: number, high: number) => ((high - low + 1) ** 2 - 1) / 12;
  it.each([
    { name: 'constant lengths', tokens: () => STEPS, varianceSteps: 0 },
    { name: 'uniform lengths', tokens: uniformTokens(1, 399), varianceSteps: variance(1, 399) },
    { name: 'geometric lengths', tokens: geometric(STEPS), varianceSteps: STEPS * (STEPS - 1) },
  ])('$name', ({ tokens, varianceSteps }) => {
    const utilisation = 0.7;
    const squaredMs = STEP_MS ** 2 * (STEPS ** 2 + varianceSteps);
    const theory = meanWaitOfOneServer(utilisation / SERVICE_MS, SERVICE_MS, squaredMs);
    const found = estimateOf({ places: 1, utilisation, tokens }, meanOf);
    expectAgreement('mean wait in ms', found, theory);
    expectPower('mean wait in ms', found, theory, 1.5 * theory);
  });
});

describe('an engine without a line turns away as Erlang B says, whatever the law of the lengths', () => {
  const room = 6;
  const ratePerMs = 5 / SERVICE_MS;
  const blocking = (places: number, tokens: Variate) =>
    estimate((seed) => {
      const run = { places, stepMs: STEP_MS, ratePerMs, tokens, seed, requests: REQUESTS, room: places };
      return runQueue(run).shed / REQUESTS;
    });
  const theory = (service: number) => erlangB({ servers: room, rate: ratePerMs, service });

  it.each([
    { name: 'constant lengths', tokens: () => STEPS },
    { name: 'uniform lengths', tokens: uniformTokens(1, 399) },
    { name: 'geometric lengths', tokens: geometric(STEPS) },
  ])('$name', ({ tokens }) => {
    // A place is taken for the service and what is left of the step under way: see `queues`.
    const found = blocking(room, tokens);
    expectAgreement('share turned away', found, theory(SERVICE_MS), theory(SERVICE_MS + STEP_MS));
    expect(blocking(room - 1, tokens).agreesWith(theory(SERVICE_MS), theory(SERVICE_MS + STEP_MS))).toBe(
      false,
    );
  });
});
