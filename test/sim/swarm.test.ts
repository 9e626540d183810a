import { afterAll, describe, expect, it } from 'vitest';
import type { ConditionsInput } from '../../policy/arena/conditions.ts';
import { namedFleet } from '../../policy/arena/named-fleets.ts';
import type { Outcome, Simulation } from '../../policy/arena/simulation.ts';
import { familyOf } from '../../policy/workloads/families.ts';
import { generate, type WorkloadRecipe } from '../../policy/workloads/generate.ts';
import { namedWorkload } from '../../policy/workloads/named.ts';
import type { WorkloadRequest } from '../../policy/workloads/request.ts';
import { seededRandom } from '../../src/platform/random.ts';
import { LEASE_MS } from '../../src/pool/ledger.ts';
import { placesOf } from '../../src/routing/observation.ts';
import { shadowPrice } from '../../src/routing/scorers/shadow-price.ts';
import { faultKinds, randomConditions } from '../support/random-conditions.ts';
import { inFlight, simulatedPool } from '../support/simulated-pool.ts';

const faultsUntilS = 20;
const stormS = 25;
/** When the calm begins: every lease that was lost has expired, nothing cools down any more. */
const calmFromMs = LEASE_MS + 60_000;
const calmS = 20;
/** Leave replicas that begin cold, and estimates that were spoiled, a moment. */
const judgedFromMs = calmFromMs + 5_000;

const scorer = shadowPrice({
  kind: 'shadow-price',
  alpha: 0.5,
  beta: 4,
  perVariant: {},
  harm: 1,
  pricePerClass: { interactive: 0.5, standard: 1, batch: 2 },
});

/** Seeds alternate between the paper's fleet and the chat fleet. */
function poolOf(seed: number, conditionsOf: (endpoints: readonly string[]) => ConditionsInput) {
  const [fleetName, ratePerSecond] =
    seed % 4 === 0 ? (['chat', 25] as const) : (['paper-partitioned', 120] as const);
  const fleet = namedFleet(fleetName);
  const profiles = familyOf(fleet.catalogue.defaultTask);
  const requestsFor = (seconds: number, stream: number, clients: Partial<WorkloadRecipe> = {}) =>
    generate(
      {
        ...namedWorkload({ name: 'stable', profiles, durationMs: seconds * 1_000, ratePerSecond }),
        ...clients,
      },
      seededRandom(stream),
    );
  const restless = { wholeShare: 0.2, leaving: { share: 0.1, meanAfterMs: 200 } };
  const storm = [...requestsFor(stormS, seed, restless)];
  const calm = [...requestsFor(calmS, seed + 1_000)].map((request) => ({
    ...request,
    arrivalMs: request.arrivalMs + calmFromMs,
  }));
  const conditions = conditionsOf(fleet.catalogue.endpoints.map(({ id }) => id));
  const requests = [...storm, ...calm];
  return {
    fleet,
    requests,
    storm,
    calm,
    ...simulatedPool({ requests, conditions, fleet, scorer, conditionsSeed: seed }),
  };
}

/** On-time share of the calm that follows. */
function calmOnTime(outcomes: readonly Outcome[]): number {
  const judged = outcomes.filter(({ request }) => request.arrivalMs >= judgedFromMs);
  return judged.filter((outcome) => outcome.kind === 'served' && outcome.onTime).length / judged.length;
}

/** How many requests have arrived by a moment; those of that very moment may be still to come. */
function arrivalsBy(requests: readonly WorkloadRequest[]) {
  let before = 0;
  let by = 0;
  return (nowMs: number) => {
    while (before < requests.length && requests[before]!.arrivalMs < nowMs) before += 1;
    while (by < requests.length && requests[by]!.arrivalMs <= nowMs) by += 1;
    return { least: before, most: by };
  };
}

/** What must hold between any two events. */
function checkAccounts(
  { tally, endpoints, nowMs }: Simulation,
  outcomes: readonly Outcome[],
  arrivals: ReturnType<ReturnType<typeof arrivalsBy>>,
): void {
  const { arrived, served, shed, failed, left, inFlight } = tally;
  const working = [...endpoints.values()].reduce((sum, { outstanding }) => sum + outstanding, 0);
  const holds =
    arrivals.least <= arrived &&
    arrived <= arrivals.most &&
    outcomes.length === served + shed + failed + left &&
    arrived === outcomes.length + inFlight &&
    // An engine works on until it hears that its client has left.
    working <= inFlight + left;
  // Far faster than an assertion per event.
  if (!holds) expect({ nowMs, tally, arrivals, outcomes: outcomes.length, working }).toBe('consistent');
}

describe('a pool under random conditions', () => {
  const met = new Set<string>();
  let failed = 0;
  let leaked = 0;
  let left = 0;

  it.each(Array.from({ length: 40 }, (_, index) => index + 1))(
    'seed %i: accounts for every request after every event, and converges',
    (seed) => {
      const storms: ConditionsInput[] = [];
      const pool = poolOf(seed, (endpoints) => {
        storms.push(randomConditions(seed, endpoints, faultsUntilS));
        return storms[0]!;
      });
      const { fleet, requests, simulation, outcomes } = pool;
      const arrivals = arrivalsBy(requests);
      let leakedHere = 0;
      for (let events = 0; simulation.step(); events += 1) {
        checkAccounts(simulation, outcomes, arrivals(simulation.nowMs));
        if (simulation.nowMs < LEASE_MS) leakedHere = simulation.ledger.nextExpiryMs === undefined ? 0 : 1;
        if (events % 500 !== 0) continue;
        const { endpoints } = simulation.ledger.snapshot(simulation.nowMs);
        for (const endpoint of fleet.catalogue.endpoints)
          expect(endpoints[endpoint.id]!.inFlight).toBeLessThanOrEqual(placesOf(endpoint));
      }
      leaked += leakedHere;
      left += simulation.tally.left;
      failed += outcomes.filter(({ kind }) => kind === 'failed').length;
      for (const { kind } of storms[0]!.faults ?? []) met.add(kind);

      expect(new Set(outcomes.map(({ request }) => request)).size).toBe(requests.length);
      for (const endpoint of simulation.endpoints.values()) expect(endpoint.outstanding).toBe(0);
      expect(inFlight(simulation)).toBe(0);
      expect(simulation.ledger.nextExpiryMs).toBeUndefined();
      const without = poolOf(seed, () => ({ ...storms[0]!, faults: [] }));
      without.simulation.run();
      expect(calmOnTime(outcomes)).toBeGreaterThan(calmOnTime(without.outcomes) - 0.01);
      expect(calmOnTime(outcomes)).toBeGreaterThan(0.9);
    },
  );

  afterAll(() => {
    // Had nothing gone wrong, nothing would have been shown.
    expect([...met].sort()).toEqual([...faultKinds].sort());
    expect(failed).toBeGreaterThan(100);
    expect(leaked).toBeGreaterThan(5);
    expect(left).toBeGreaterThan(1_000);
  });

  it('gives the same bytes for the same seed, and others for another', () => {
    const run = (conditionsSeed: number) => {
      const conditions = randomConditions(5, ['small', 'medium', 'large'], faultsUntilS);
      const { storm, fleet } = poolOf(5, () => ({}));
      const { simulation, outcomes } = simulatedPool({
        requests: storm,
        conditions,
        fleet,
        scorer,
        conditionsSeed,
      });
      simulation.run();
      return JSON.stringify(outcomes);
    };
    expect(run(1)).toBe(run(1));
    expect(run(1)).not.toBe(run(2));
  });
});
