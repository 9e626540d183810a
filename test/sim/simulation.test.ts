import { describe, expect, it } from 'vitest';
import { type Conditions, idealConditions } from '../../policy/arena/conditions.ts';
import { Scoreboard } from '../../policy/arena/measures.ts';
import { fleetNames, namedFleet } from '../../policy/arena/named-fleets.ts';
import { type Outcome, Simulation } from '../../policy/arena/simulation.ts';
import { familyOf } from '../../policy/workloads/families.ts';
import { generate } from '../../policy/workloads/generate.ts';
import { namedWorkload } from '../../policy/workloads/named.ts';
import { seededRandom } from '../../src/platform/random.ts';
import { type ScorerInput, scorerSchema } from '../../src/routing/catalogue.ts';
import { createScorer } from '../../src/routing/create-scorer.ts';
import { capacityOf } from '../../src/routing/observation.ts';

function simulate(
  fleetName: string,
  options: {
    seed?: number;
    rate?: number;
    seconds?: number;
    scorer?: ScorerInput;
    conditions?: Conditions;
  } = {},
  watch: (simulation: Simulation) => void = () => {},
) {
  const { seed = 1, rate = 200, seconds = 10, scorer = { kind: 'shadow-price' }, conditions } = options;
  const fleet = namedFleet(fleetName);
  const profiles = familyOf(fleet.catalogue.defaultTask);
  const recipe = namedWorkload({ name: 'surge', profiles, durationMs: seconds * 1_000, ratePerSecond: rate });
  const random = seededRandom(seed);
  const outcomes: Outcome[] = [];
  const simulation: Simulation = new Simulation(
    {
      fleet,
      requests: generate(recipe, seededRandom(seed)),
      scorer: createScorer(scorerSchema.parse(scorer), random),
      random,
      ...(conditions && { conditions }),
    },
    (outcome) => {
      outcomes.push(outcome);
      watch(simulation);
    },
  );
  simulation.run();
  return { fleet, outcomes, simulation };
}

const hard: Conditions = {
  ...idealConditions,
  edges: 5,
  edgeToLedgerMs: 8,
  edgeToEndpointMs: 15,
  snapshotMaxAgeMs: 250,
  faultAt: (endpoint, nowMs) =>
    endpoint === 'large' && nowMs > 2_000 && nowMs < 4_000
      ? { kind: 'throttled', retryAfterMs: 300 }
      : undefined,
};

describe('a simulated pool', () => {
  it.each(fleetNames)('%s: accounts for every request after every event, and drains', (name) => {
    let checks = 0;
    const { catalogue } = namedFleet(name);
    const { outcomes, simulation } = simulate(
      name,
      { rate: name === 'chat' ? 60 : 1_500 },
      ({ tally, ledger, nowMs }) => {
        checks += 1;
        expect(tally.arrived).toBe(tally.served + tally.shed + tally.failed + tally.inFlight);
        if (checks % 50 !== 0) return;
        const { endpoints } = ledger.snapshot(nowMs);
        for (const endpoint of catalogue.endpoints)
          expect(endpoints[endpoint.id]!.inFlight).toBeLessThanOrEqual(capacityOf(endpoint));
      },
    );
    expect(outcomes.length).toBeGreaterThan(100);
    expect(simulation.tally).toMatchObject({ arrived: outcomes.length, inFlight: 0 });
    const { endpoints } = simulation.ledger.snapshot(simulation.nowMs);
    for (const load of Object.values(endpoints))
      expect(load).toMatchObject({ inFlight: 0, queued: 0, tokensInFlight: 0 });
  });

  it('gives the same outcomes for the same seed, and others for another', () => {
    const run = (seed: number) =>
      JSON.stringify(simulate('paper-partitioned', { seed, scorer: { kind: 'power-of-two' } }).outcomes);
    expect(run(1)).toBe(run(1));
    expect(run(1)).not.toBe(run(2));
  });

  it('serves on with delays, stale snapshots, several edges and an endpoint that throttles', () => {
    const { outcomes, simulation } = simulate('paper-partitioned', { rate: 300, conditions: hard });
    expect(simulation.tally.inFlight).toBe(0);
    const served = outcomes.flatMap((outcome) => (outcome.kind === 'served' ? [outcome] : []));
    // Two ways to the ledger and one to and from the endpoint are the least anybody waits.
    expect(Math.min(...served.map(({ ttftMs }) => ttftMs))).toBeGreaterThan(2 * 8 + 2 * 15);
    const duringFault = served.filter(
      ({ request }) => request.arrivalMs > 2_100 && request.arrivalMs < 3_900,
    );
    expect(duringFault.length).toBeGreaterThan(50);
    expect(duringFault.every(({ variant }) => variant.endpoint !== 'large')).toBe(true);
    expect(
      served.some(({ variant, request }) => variant.endpoint === 'large' && request.arrivalMs > 5_000),
    ).toBe(true);
  });

  it('loses capacity to settlements that never arrive, and nothing else', () => {
    const { simulation } = simulate('paper-partitioned', {
      conditions: { ...idealConditions, lostSettleShare: 0.01 },
    });
    const { endpoints } = simulation.ledger.snapshot(simulation.nowMs);
    const held = Object.values(endpoints).reduce((sum, { inFlight }) => sum + inFlight, 0);
    expect(simulation.tally.inFlight).toBe(0);
    expect(held).toBeGreaterThan(0);
    expect(held / simulation.tally.served).toBeLessThan(0.03);
  });

  it('costs quality, not deadlines, when the load rises beyond what the best model carries', () => {
    const at = (rate: number) => {
      const { fleet, outcomes } = simulate('paper-partitioned', { rate, seconds: 20 });
      const board = new Scoreboard(fleet.catalogue);
      for (const outcome of outcomes) board.add(outcome);
      return board.measures();
    };
    const [light, heavy] = [at(40), at(900)];
    expect(light.utility).toBeGreaterThan(0.98);
    expect(heavy.utility).toBeLessThan(light.utility);
    expect(heavy.onTime).toBeGreaterThan(0.95);
  });
});
