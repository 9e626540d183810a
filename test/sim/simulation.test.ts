import { describe, expect, it } from 'vitest';
import { Scoreboard } from '../../policy/arena/measures.ts';
import { fleetNames, namedFleet } from '../../policy/arena/named-fleets.ts';
import { type Outcome, Simulation } from '../../policy/arena/simulation.ts';
import { familyOf } from '../../policy/workloads/families.ts';
import { generate } from '../../policy/workloads/generate.ts';
import { namedWorkload } from '../../policy/workloads/named.ts';
import { seededRandom } from '../../src/platform/random.ts';
import { type ScorerInput, scorerSchema } from '../../src/routing/catalogue.ts';
import { createScorer } from '../../src/routing/create-scorer.ts';
import { placesOf } from '../../src/routing/observation.ts';

function simulate(
  fleetName: string,
  options: { seed?: number; rate?: number; seconds?: number; scorer?: ScorerInput } = {},
  watch: (simulation: Simulation) => void = () => {},
) {
  const { seed = 1, rate = 200, seconds = 10, scorer = { kind: 'shadow-price' } } = options;
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
    },
    (outcome) => {
      outcomes.push(outcome);
      watch(simulation);
    },
  );
  simulation.run();
  return { fleet, outcomes, simulation };
}

describe('a simulated pool', () => {
  it.each(fleetNames)('%s: accounts for every request after every event, and drains', (name) => {
    let checks = 0;
    const { catalogue } = namedFleet(name);
    const { outcomes, simulation } = simulate(
      name,
      { rate: name === 'chat' ? 60 : 1_500 },
      ({ tally, ledger, nowMs }) => {
        checks += 1;
        expect(tally.arrived).toBe(tally.served + tally.shed + tally.failed + tally.left + tally.inFlight);
        if (checks % 50 !== 0) return;
        const { endpoints } = ledger.snapshot(nowMs);
        for (const endpoint of catalogue.endpoints)
          expect(endpoints[endpoint.id]!.inFlight).toBeLessThanOrEqual(placesOf(endpoint));
      },
    );
    expect(outcomes.length).toBeGreaterThan(100);
    expect(simulation.tally).toMatchObject({ arrived: outcomes.length, inFlight: 0 });
    const { endpoints } = simulation.ledger.snapshot(simulation.nowMs);
    for (const load of Object.values(endpoints))
      expect(load).toMatchObject({ inFlight: 0, queued: 0, tokensInFlight: 0 });
  });

  it('does not take the length of an answer that its variant cut short for the task’s', () => {
    const fleet = namedFleet('paper-partitioned');
    const variants = fleet.catalogue.variants.map((variant) => ({
      ...variant,
      parameters: { maxOutputTokens: 2 },
    }));
    const lengths = { task: 'piqa', promptTokens: 50, outputTokens: 20 };
    const requests = Array.from({ length: 50 }, (_, index) => ({ arrivalMs: index * 100, ...lengths }));
    const random = seededRandom(1);
    const scorer = createScorer(scorerSchema.parse({ kind: 'shadow-price' }), random);
    const cutting = { ...fleet, catalogue: { ...fleet.catalogue, variants } };
    const simulation = new Simulation({ fleet: cutting, requests, scorer, random }, () => {});
    simulation.run();
    expect(simulation.tally.served).toBe(50);
    expect(simulation.ledger.snapshot(simulation.nowMs).lengths.piqa!.tokens).toBe(
      fleet.catalogue.tasks.piqa!.outputTokens,
    );
  });

  it('ends an answer where the context of its variant ends', () => {
    const fleet = namedFleet('paper-partitioned');
    const scorer = createScorer(scorerSchema.parse({ kind: 'static', variant: 'large' }), seededRandom(1));
    const request = { arrivalMs: 0, task: 'piqa', promptTokens: 2_000, outputTokens: 5_000_000 };
    const outcomes: Outcome[] = [];
    const options = { fleet, requests: [request], scorer, random: seededRandom(1) };
    const simulation = new Simulation(options, (outcome) => outcomes.push(outcome));
    simulation.run();
    const { contextTokens } = fleet.catalogue.variants[0]!;
    expect(contextTokens).toBe(2_048);
    const [only] = outcomes;
    if (only?.kind !== 'served') throw new Error(`expected an answer, received ${only?.kind}`);
    expect((only.e2eMs - only.ttftMs!) / only.tpotMs!).toBeCloseTo(
      contextTokens - request.promptTokens - 1,
      6,
    );
  });

  it('gives the same outcomes for the same seed, and others for another', () => {
    const run = (seed: number) =>
      JSON.stringify(simulate('paper-partitioned', { seed, scorer: { kind: 'power-of-two' } }).outcomes);
    expect(run(1)).toBe(run(1));
    expect(run(1)).not.toBe(run(2));
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
