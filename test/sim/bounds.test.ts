import { describe, expect, it } from 'vitest';
import { type Contender, compete } from '../../policy/arena/contender.ts';
import { type Fleet, parseFleet } from '../../policy/arena/fleet.ts';
import { namedFleet } from '../../policy/arena/named-fleets.ts';
import { type CapacityGroup, capacityGroups } from '../../policy/bounds/capacity-groups.ts';
import { dualBound } from '../../policy/bounds/dual-bound.ts';
import { fluidPrices } from '../../policy/bounds/fluid-program.ts';
import { hindsightBound, hindsightEstimate } from '../../policy/bounds/hindsight-bound.ts';
import type { KnownRequest } from '../../policy/bounds/hindsight-requests.ts';
import { hindsightSearch } from '../../policy/bounds/hindsight-search.ts';
import { LeastWork } from '../../policy/bounds/least-work.ts';
import { lowestPrice } from '../../policy/bounds/prices.ts';
import { SteadyWork } from '../../policy/bounds/steady-work.ts';
import { contenderNamed } from '../../policy/rivals/contenders.ts';
import { Engine } from '../../policy/simulator/engine.ts';
import { loadWorkload } from '../../policy/workloads/load.ts';
import { seededRandom } from '../../src/platform/random.ts';
import type { Slo } from '../../src/routing/catalogue.ts';

const group: CapacityGroup = { replicas: 1, engines: [] };

/** Ten requests at once, each worth 1 for 20 ms of GPU time, or 0.4 for 5 ms. */
const ten: readonly KnownRequest[] = Array.from({ length: 10 }, () => ({
  task: 'any',
  arrivalMs: 0,
  deadlineMs: 49,
  options: [
    { group: 0, quality: 1, workMs: 20 },
    { group: 0, quality: 0.4, workMs: 5 },
  ],
}));

function requestsOf(fleet: string, workload: string, seed: number, seconds = 10) {
  const { catalogue } = namedFleet(fleet);
  const tasks = Object.keys(catalogue.tasks);
  return [...loadWorkload(workload, { tasks, durationMs: seconds * 1_000 }).requests(seed)];
}

describe('the linear program', () => {
  it('solves by hand: a third of the requests on the dear model fills the time', async () => {
    // 20·x + 5·y ≤ 100 and x + y ≤ 10: x = 10/3, y = 20/3, worth 6; a ms more would be worth 0.6/15.
    const prices = await fluidPrices([group], ten, 100);
    expect(Array.from(prices.perMs[0]!)).toEqual([expect.closeTo(0.04, 9)]);
    expect(dualBound([group], ten, prices)).toBeCloseTo(6, 9);
  });

  it('charges nothing where there is time for everybody, and gives each the best', async () => {
    const prices = await fluidPrices([{ ...group, replicas: 2 }], ten, 100);
    expect(dualBound([{ ...group, replicas: 2 }], ten, prices)).toBeCloseTo(10, 9);
  });

  it('lets patient requests use a later slot', async () => {
    const patient = ten.map((request) => ({ ...request, deadlineMs: 149 }));
    expect(dualBound([group], patient, await fluidPrices([group], patient, 100))).toBeCloseTo(10, 9);
  });
});

describe('the dual bound', () => {
  it('holds for any prices', () => {
    for (const price of [0, 0.01, 0.03, 0.04, 0.06, 1]) {
      const bound = dualBound([group], ten, { slotMs: 100, perMs: [Float64Array.of(price)] });
      expect(bound).toBeGreaterThanOrEqual(6 - 1e-9);
    }
  });

  it('buys at the cheapest moment before the deadline; after the last slot time is free', () => {
    const prices = { slotMs: 10, perMs: [Float64Array.of(3, 1, 2)] };
    expect(lowestPrice(prices, 0, 5, 9)).toBe(3);
    expect(lowestPrice(prices, 0, 5, 25)).toBe(1);
    expect(lowestPrice(prices, 0, 21, 30)).toBe(0);
    expect(lowestPrice(prices, 0, 5, Number.POSITIVE_INFINITY)).toBe(0);
  });
});

describe('the least GPU time of a request', () => {
  const { hardware } = namedFleet('paper-partitioned');

  it.each(['small', 'medium', 'large'])(
    'is below what any batch of %s takes per request, and tells lengths apart',
    (variant) => {
      const own = hardware.get(variant)!;
      const random = seededRandom(8);
      for (const batch of [1, 4, 16, 64, 128]) {
        const lengths = Array.from({ length: batch }, () => ({
          promptTokens: 20 + Math.floor(160 * random()),
          outputTokens: 4 + Math.floor(28 * random()),
        }));
        const busyMs = busyMsOf(own.coefficients, lengths);
        for (const tangentTokens of [16, 128, 1024]) {
          const work = new LeastWork(own, tangentTokens);
          // Whatever the deadline, charges must not exceed what was spent on those who kept it.
          const leastMs = lengths.reduce((sum, each) => sum + work.requestMs(each, { e2eMs: busyMs + 1 }), 0);
          expect(leastMs).toBeLessThan(busyMs);
          expect(leastMs).toBeGreaterThan(batch < 16 ? 0 : busyMs / 8);
        }
      }
    },
  );

  it('is infinite for a deadline that one alone would miss', () => {
    const work = new LeastWork(hardware.get('large')!, 128);
    expect(work.requestMs({ promptTokens: 100, outputTokens: 30 }, { e2eMs: 150 })).toBe(
      Number.POSITIVE_INFINITY,
    );
    expect(work.requestMs({ promptTokens: 100, outputTokens: 30 }, { tpotMs: 5 })).toBe(
      Number.POSITIVE_INFINITY,
    );
    expect(work.requestMs({ promptTokens: 100, outputTokens: 1 }, { tpotMs: 5 })).toBeLessThan(20);
  });

  it('is more in a steady stream, the more so the tighter the deadline', () => {
    const lengths = { promptTokens: 120, outputTokens: 24 };
    const own = hardware.get('large')!;
    const steady = new SteadyWork(own);
    const [loose, tight] = [2_000, 450].map((e2eMs) => steady.requestMs(lengths, { e2eMs })) as [
      number,
      number,
    ];
    expect(loose).toBeGreaterThan(new LeastWork(own, 256).requestMs(lengths, { e2eMs: 2_000 }));
    expect(tight).toBeGreaterThan(loose);
    expect(steady.requestMs(lengths, { e2eMs: 200 })).toBe(Number.POSITIVE_INFINITY);
  });
});

/** How long an engine is busy with requests that all arrive at once. */
function busyMsOf(
  coefficients: ConstructorParameters<typeof Engine>[0]['coefficients'],
  lengths: readonly { promptTokens: number; outputTokens: number }[],
): number {
  const engine = new Engine({ coefficients });
  for (const [id, own] of lengths.entries()) engine.submit({ id, ...own });
  let busyMs = 0;
  for (;;) {
    const stepMs = engine.beginStep();
    if (stepMs === undefined) return busyMs;
    busyMs += stepMs;
    engine.endStep();
  }
}

describe('capacity', () => {
  it('puts replicas together that host the same models', () => {
    const groups = (name: string) =>
      capacityGroups(namedFleet(name), (own) => new SteadyWork(own)).map(({ replicas, engines }) => [
        replicas,
        engines.length,
      ]);
    expect(groups('paper-cohosted')).toEqual([[4, 3]]);
    expect(groups('paper-partitioned')).toEqual([
      [1, 1],
      [1, 1],
      [2, 1],
    ]);
  });
});

describe('the bound in hindsight', () => {
  const routers = [
    'shadow-price',
    'slo-headroom',
    'slo-headroom-most',
    'least-in-flight',
    'shadow-price+shedding',
  ];
  const cases = ['paper-partitioned', 'paper-cohosted'].flatMap((fleet) =>
    ['storm', 'surge'].flatMap((workload) => [1, 2, 3].map((seed) => ({ fleet, workload, seed }))),
  );

  it.each(cases)('$fleet, $workload, seed $seed: nobody reaches more', async ({ fleet, workload, seed }) => {
    const context = { fleet: namedFleet(fleet), workload };
    const requests = requestsOf(fleet, workload, seed);
    const { utility, why } = await hindsightBound(context.fleet, requests);
    const estimate = await hindsightEstimate(context.fleet, requests);
    expect(why).toMatch(/^A bound/);
    expect(utility).toBeLessThanOrEqual(1);
    expect(estimate.utility).toBeLessThanOrEqual(utility);
    for (const name of routers)
      expect(
        compete(contenderNamed(name, context), context.fleet, requests, seed).utility,
      ).toBeLessThanOrEqual(utility);
  });

  it('bounds static serving on the GPUs as it arranges them', async () => {
    const fleet = namedFleet('paper-partitioned');
    const requests = requestsOf('paper-partitioned', 'surge', 1);
    for (const name of ['static-medium', 'static-large+shedding']) {
      const contender = contenderNamed(name, { fleet, workload: 'surge' });
      const options = { ladder: fleet.catalogue };
      const { utility } = await hindsightBound(contender.arrange(fleet), requests, options);
      const reached = compete(contender, fleet, requests, 1).utility;
      // Static medium is never late here, and reaches the bound but for the order of additions.
      expect(reached).toBeLessThanOrEqual(utility + 1e-9);
    }
  });

  it('is the best quality there is when nobody is in a hurry', async () => {
    const { catalogue, hardware } = namedFleet('paper-partitioned');
    const tasks = Object.fromEntries(
      Object.entries(catalogue.tasks).map(([id, task]) => [id, { ...task, slo: {} }]),
    );
    const idle = { name: 'patient', hardware, catalogue: { ...catalogue, tasks } };
    expect((await hindsightBound(idle, requestsOf('paper-partitioned', 'storm', 1))).utility).toBeCloseTo(
      1,
      9,
    );
  });

  it('tells GPUs of one kind apart that are run otherwise', async () => {
    const { catalogue } = namedFleet('paper-partitioned');
    const [endpoint] = catalogue.endpoints;
    const variant = { ...catalogue.variants.find(({ id }) => id === 'large')!, endpoint: 'slow' };
    const fleet = parseFleet(
      {
        name: 'pair',
        catalogue: plain({
          ...catalogue,
          endpoints: ['slow', 'fast'].map((id) => ({ ...endpoint, id })),
          variants: ['slow', 'fast'].map((id) => ({ ...variant, id, endpoint: id })),
        }),
        hardware: {
          slow: { coefficients: 'A100/opt-6.7b', overheadMs: 700 },
          fast: { coefficients: 'A100/opt-6.7b' },
        },
      },
      'pair',
    );
    const requests = [...loadWorkload('stable', { ratePerSecond: 5, durationMs: 2_000 }).requests(1)];
    const { utility } = compete(
      contenderNamed('shadow-price', { fleet, workload: 'stable' }),
      fleet,
      requests,
      1,
    );
    expect(utility).toBeGreaterThan(0);
    expect((await hindsightBound(fleet, requests)).utility).toBeGreaterThanOrEqual(utility);
  });

  it('gives an answer that comes as a whole the time of a stream that just kept both bounds', async () => {
    // No step of the large model is done within 2 ms, but 20 of them are within 2 s.
    const fleet = oneLarge({}, { ttftMs: 2_000, tpotMs: 2 });
    const requests = [...loadWorkload('stable', { ratePerSecond: 2, durationMs: 2_000 }).requests(1)].map(
      (request) => ({ ...request, stream: false }),
    );
    expect(compete(alone, fleet, requests, 1).utility).toBe(1);
    expect((await hindsightBound(fleet, requests)).utility).toBe(1);
    expect((await hindsightEstimate(fleet, requests)).utility).toBe(1);
  });

  it('charges a variant that cuts its answers short for what it says', async () => {
    const fleet = oneLarge({ maxOutputTokens: 2 }, { e2eMs: 600 });
    const requests = [...loadWorkload('stable', { ratePerSecond: 2, durationMs: 2_000 }).requests(1)].map(
      (request) => ({ ...request, outputTokens: 1_000 }),
    );
    expect(compete(alone, fleet, requests, 1).utility).toBe(1);
    expect((await hindsightBound(fleet, requests)).utility).toBe(1);
  });

  it('tells how much a single GPU cannot carry', async () => {
    const fleet = oneLarge();
    const requests = [...loadWorkload('stable', { ratePerSecond: 300, durationMs: 10_000 }).requests(1)];
    const { utility } = await hindsightBound(fleet, requests);
    const shedding = compete(
      contenderNamed('static-large+shedding', { fleet, workload: 'stable' }),
      fleet,
      requests,
      1,
    );
    expect(utility).toBeLessThan(0.8);
    expect(shedding.utility).toBeLessThan(utility);
    expect(shedding.utility).toBeGreaterThan(utility / 2);
  });
});

const alone: Contender = {
  name: 'alone',
  arrange: (fleet) => fleet,
  scorer: () => ({ name: 'alone', score: ({ actions }) => actions.map(() => 1) }),
};

/** One GPU with the large model, by default under the catalogue's own promises. */
function oneLarge(parameters: object = {}, slo?: Slo): Fleet {
  const { catalogue } = namedFleet('paper-partitioned');
  const large = catalogue.variants.find(({ id }) => id === 'large')!;
  const tasks = Object.entries(catalogue.tasks).map(([id, task]) => [id, { ...task, slo: slo ?? task.slo }]);
  return parseFleet(
    {
      name: 'one',
      catalogue: plain({
        ...catalogue,
        endpoints: [{ ...catalogue.endpoints.find(({ id }) => id === large.endpoint), replicas: 1 }],
        variants: [{ ...large, parameters }],
        tasks: Object.fromEntries(tasks),
      }),
      hardware: { large: { coefficients: 'A100/opt-6.7b' } },
    },
    'one',
  );
}

/** As a file would hold it. */
function plain(document: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(document));
}

describe('the search in hindsight', () => {
  it('lies between the rule it departs from and the bound, and is repeatable', async () => {
    const fleet = namedFleet('paper-partitioned');
    const requests = requestsOf('paper-partitioned', 'surge', 2, 6);
    const options = { iterations: 3, population: 6 };
    const { utility, why } = hindsightSearch(fleet, requests, options);
    const rule = compete(contenderNamed('shadow-price', { fleet, workload: 'surge' }), fleet, requests, 1);
    expect(why).toMatch(/Not a bound/);
    expect(utility).toBeGreaterThan(rule.utility);
    expect(utility).toBeLessThanOrEqual((await hindsightBound(fleet, requests)).utility);
    expect(hindsightSearch(fleet, requests, options).utility).toBe(utility);
  });
});
