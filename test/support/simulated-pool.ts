import { type ConditionsInput, parseConditions } from '../../policy/arena/conditions.ts';
import type { Fleet } from '../../policy/arena/fleet.ts';
import { namedFleet } from '../../policy/arena/named-fleets.ts';
import { type Outcome, Simulation } from '../../policy/arena/simulation.ts';
import { familyOf } from '../../policy/workloads/families.ts';
import { generate } from '../../policy/workloads/generate.ts';
import { namedWorkload } from '../../policy/workloads/named.ts';
import type { WorkloadRequest } from '../../policy/workloads/request.ts';
import { seededRandom } from '../../src/platform/random.ts';
import type { SyncScorer } from '../../src/routing/scorer.ts';

/** Whatever is best while it may be had, whatever it costs the others. */
export const bestFirst: SyncScorer = {
  name: 'best-first',
  score: ({ actions }) => actions.map(({ quality }) => quality),
};

export interface PoolOptions {
  readonly requests: Iterable<WorkloadRequest>;
  readonly conditions?: ConditionsInput;
  readonly conditionsSeed?: number;
  readonly scorer?: SyncScorer;
  readonly fleet?: Fleet;
}

/** A simulated pool, by default the paper's fleet, that has not begun, and the outcomes it will have. */
export function simulatedPool(options: PoolOptions): { simulation: Simulation; outcomes: Outcome[] } {
  const { requests, conditions = {}, conditionsSeed = 1, scorer = bestFirst } = options;
  const { fleet = namedFleet('paper-partitioned') } = options;
  const parsed = parseConditions(conditions, 'conditions', fleet.catalogue);
  const outcomes: Outcome[] = [];
  const random = seededRandom(1);
  const simulation = new Simulation(
    { fleet, requests, scorer, random, conditions: parsed, conditionsSeed },
    (outcome) => outcomes.push(outcome),
  );
  return { simulation, outcomes };
}

/** As `simulatedPool`, and all has happened. */
export function runPool(options: PoolOptions): { simulation: Simulation; outcomes: Outcome[] } {
  const pool = simulatedPool(options);
  pool.simulation.run();
  return pool;
}

/** One request of the paper's fleet. */
export function requestAt(arrivalMs: number, rest: Partial<WorkloadRequest> = {}): WorkloadRequest {
  return { arrivalMs, task: 'piqa', promptTokens: 60, outputTokens: 20, ...rest };
}

/** Requests at one moment after the other. */
export function requestsEvery(gapMs: number, count: number, rest: Partial<WorkloadRequest> = {}) {
  return Array.from({ length: count }, (_, index) => requestAt(index * gapMs, rest));
}

/** The paper's tasks at one rate. */
export function poissonRequests(ratePerSecond: number, seconds: number, seed: number): WorkloadRequest[] {
  const profiles = familyOf('piqa');
  const recipe = namedWorkload({ name: 'stable', profiles, durationMs: seconds * 1_000, ratePerSecond });
  return [...generate(recipe, seededRandom(seed))];
}

/** The outcome of the request that arrived at this moment. */
export function outcomeAt(outcomes: readonly Outcome[], arrivalMs: number): Outcome {
  const found = outcomes.find(({ request }) => request.arrivalMs === arrivalMs);
  if (found === undefined) throw new Error(`no request arrived at ${arrivalMs}`);
  return found;
}

/** Variant that served it; undefined where none did. */
export function servedBy(outcome: Outcome): string | undefined {
  return outcome.kind === 'served' ? outcome.variant.id : undefined;
}

export function inFlight({ ledger, nowMs }: Simulation): number {
  return Object.values(ledger.snapshot(nowMs).endpoints).reduce((sum, load) => sum + load.inFlight, 0);
}
