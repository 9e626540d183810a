import { beforeAll, describe, expect, it } from 'vitest';
import { compete } from '../../policy/arena/contender.ts';
import { fleetNames, namedFleet } from '../../policy/arena/named-fleets.ts';
import type { Outcome } from '../../policy/arena/simulation.ts';
import { contenderNamed } from '../../policy/rivals/contenders.ts';
import { type Scenario, scenarioOf } from '../../policy/train/scenarios/scenario.ts';
import { FIRST_TRAINING_SEED } from '../../policy/tune/tune.ts';
import { catalogueSchema } from '../../src/routing/catalogue.ts';

const count = 200;
const seeds = Array.from({ length: count }, (_, index) => FIRST_TRAINING_SEED + index);
/** Those that need no tuning. */
const contenders = [
  ...['static-small', 'static-medium', 'static-large', 'static-large+shedding'],
  ...['least-in-flight', 'power-of-two', 'slo-headroom', 'slo-headroom-most', 'shadow-price'],
];

describe('drawn scenarios', () => {
  let scenarios: readonly Scenario[];
  beforeAll(() => {
    scenarios = seeds.map((seed) => scenarioOf(seed));
  });
  const shareOf = (holds: (scenario: Scenario) => boolean) => scenarios.filter(holds).length / count;
  const partOf = ({ name }: Scenario, index: number) => name.split('/')[index]!;

  it('are the same for the same seed, and others for another', () => {
    for (const seed of seeds.slice(0, 20)) expect(scenarioOf(seed)).toEqual(scenarios[seed - seeds[0]!]);
    expect(new Set(scenarios.map(({ requests }) => JSON.stringify(requests[0]))).size).toBe(count);
  });

  it('have other requests for as many draws as one likes, of the same fleet under the same conditions', () => {
    const [own, first, second] = [0, 1, 2].map((draw) => scenarioOf(seeds[0]!, { draw }));
    expect(own).toEqual(scenarios[0]);
    for (const drawn of [first!, second!]) expect({ ...drawn, requests: own!.requests }).toEqual(own);
    expect(new Set([own, first, second].map((drawn) => JSON.stringify(drawn!.requests))).size).toBe(3);
  });

  it('have catalogues that the schema accepts', () => {
    for (const { fleet } of scenarios)
      expect(catalogueSchema.parse(fleet.catalogue)).toEqual(fleet.catalogue);
  });

  it('ask for tasks the catalogue has, in order of arrival, within the duration and at most 15,000 times', () => {
    for (const { fleet, requests, name } of scenarios) {
      expect(requests.length, name).toBeGreaterThan(10);
      expect(requests.length, name).toBeLessThanOrEqual(15_000);
      const known = new Set(Object.keys(fleet.catalogue.tasks));
      let lastMs = 0;
      for (const { task, arrivalMs } of requests) {
        if (!known.has(task) || arrivalMs < lastMs || arrivalMs > 30_000)
          expect.fail(`${name}: ${task} at ${arrivalMs} after ${lastMs}`);
        lastMs = arrivalMs;
      }
    }
  });

  it('hold no request that is too long for any engine of their fleet', () => {
    for (const { fleet, requests, name } of scenarios) {
      const engines = [...fleet.hardware.values()];
      const leastKv = Math.min(
        ...engines.map(({ kvTokens, coefficients }) => kvTokens ?? coefficients.kvTokens),
      );
      const longest = Math.max(
        ...requests.map(({ promptTokens, outputTokens }) => promptTokens + outputTokens),
      );
      expect(longest, name).toBeLessThan(leastKv);
    }
  });

  it('show every kind of fleet, load and condition, each about as often as it should be', () => {
    const shapes = ['partitioned', 'cohosted'].map((shape) => shareOf((s) => partOf(s, 0) === shape));
    const own = fleetNames.map((shape) => shareOf((s) => partOf(s, 0) === shape));
    for (const share of shapes) expect(share).toBeCloseTo(1 / 3, 0.9);
    for (const share of own) expect(share).toBeGreaterThan(0.05);
    expect(shareOf(({ conditions }) => conditions !== undefined)).toBeGreaterThan(0.25);
    expect(shareOf(({ conditions }) => conditions !== undefined)).toBeLessThan(0.42);
    expect(shareOf((s) => partOf(s, 1) === 'storm')).toBeGreaterThan(0.28);
    for (const load of ['surge', 'stable', 'markov', 'gamma'])
      expect(
        shareOf((s) => partOf(s, 1) === load),
        load,
      ).toBeGreaterThan(0.06);
    const predicted = shareOf(({ requests }) => requests[0]!.predictedOutputTokens !== undefined);
    expect(predicted).toBeGreaterThan(0.4);
    expect(predicted).toBeLessThan(0.6);
    for (const kind of ['outage', 'slow-replica', 'throttling'])
      expect(
        shareOf(({ conditions }) => conditions?.faults.some((fault) => fault.kind === kind) ?? false),
        kind,
      ).toBeGreaterThan(0.02);
  });

  it("include the bench's own fleets as they are", () => {
    for (const name of fleetNames) {
      const exact = JSON.stringify(namedFleet(name).catalogue);
      expect(
        scenarios.some(({ fleet }) => JSON.stringify(fleet.catalogue) === exact),
        name,
      ).toBe(true);
    }
  });

  it('have two models or more, fifteen variants at most, and no endpoint without one', () => {
    for (const { fleet, name } of scenarios) {
      const { variants, endpoints } = fleet.catalogue;
      expect(new Set(variants.map(({ model }) => model)).size, name).toBeGreaterThan(1);
      expect(variants.length, name).toBeLessThanOrEqual(15);
      for (const { id } of endpoints) expect(variants.some(({ endpoint }) => endpoint === id)).toBe(true);
    }
  });

  it('end every request exactly once, whoever routes', () => {
    for (const scenario of scenarios.filter(({ requests }) => requests.length < 1_500).slice(0, 12))
      for (const name of contenders) {
        const { fleet, requests, conditions } = scenario;
        const ended: Outcome[] = [];
        const contender = contenderNamed(name, { fleet, workload: 'storm', tuned: [] });
        const measures = compete(contender, fleet, requests, 7, conditions, (outcome) => ended.push(outcome));
        expect(new Set(ended.map(({ request }) => request)).size, `${name} in ${scenario.name}`).toBe(
          requests.length,
        );
        expect(ended.length).toBe(requests.length);
        expect(measures.utility).toBeGreaterThanOrEqual(0);
        expect(measures.utility).toBeLessThanOrEqual(1);
      }
  });

  it('last as long as they are asked to', () => {
    const { requests } = scenarioOf(seeds[2]!, { durationMs: 3_000 });
    expect(requests.at(-1)!.arrivalMs).toBeLessThan(3_000);
    expect(requests.at(-1)!.arrivalMs).toBeGreaterThan(1_500);
  });
});
