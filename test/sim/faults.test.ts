import { describe, expect, it } from 'vitest';
import type { ConditionsInput } from '../../policy/arena/conditions.ts';
import { namedFleet } from '../../policy/arena/named-fleets.ts';
import { LEASE_MS } from '../../src/pool/ledger.ts';
import type { SyncScorer } from '../../src/routing/scorer.ts';
import {
  bestFirst,
  inFlight,
  outcomeAt,
  poissonRequests,
  requestAt,
  requestsEvery,
  runPool,
  servedBy,
  simulatedPool,
} from '../support/simulated-pool.ts';

type Faults = NonNullable<ConditionsInput['faults']>;

/** From the first to the second second. */
const when = { kind: 'windows', windows: [{ fromS: 1, toS: 2 }] } as const;
const e2eMs = (outcome: ReturnType<typeof outcomeAt>) => (outcome.kind === 'served' ? outcome.e2eMs : NaN);

describe('an outage', () => {
  const faults: Faults = [{ kind: 'outage', endpoint: 'large', when }];
  const conditions: ConditionsInput = { edgeToEndpoint: { meanMs: 15 }, faults };
  const streaming = requestAt(0, { outputTokens: 1_000 });
  const underWay = requestAt(975);
  const refused = requestAt(990);
  const later = requestAt(3_500);
  const { simulation, outcomes } = runPool({ requests: [streaming, underWay, refused, later], conditions });

  it('fails what has begun to answer', () => {
    expect(outcomeAt(outcomes, 0).kind).toBe('failed');
  });

  it('moves on what has not, and what comes meanwhile', () => {
    expect(servedBy(outcomeAt(outcomes, 975))).toBe('medium');
    expect(servedBy(outcomeAt(outcomes, 990))).toBe('medium');
    // There, lost at 1,000 ms, back at the edge, and the same way again to the other endpoint.
    const alone = runPool({ requests: [requestAt(0)], conditions: { edgeToEndpoint: { meanMs: 15 } } });
    const moved = e2eMs(outcomeAt(outcomes, 975)) - (1_015 - 975);
    expect(moved).toBeLessThan(e2eMs(alone.outcomes[0]!));
    expect(moved).toBeGreaterThan(2 * 15);
  });

  it('ends with its window, and leaves nothing behind', () => {
    expect(servedBy(outcomeAt(outcomes, 3_500))).toBe('large');
    expect(inFlight(simulation)).toBe(0);
    for (const endpoint of simulation.endpoints.values()) expect(endpoint.outstanding).toBe(0);
  });

  it('of every endpoint fails the requests that come, and cools the pool down', () => {
    const { outcomes } = runPool({
      requests: requestsEvery(10, 200),
      conditions: {
        faults: [{ kind: 'outage', when: { kind: 'windows', windows: [{ fromS: 0, toS: 1 }] } }],
      },
    });
    expect(outcomeAt(outcomes, 0).kind).toBe('failed');
    expect(outcomeAt(outcomes, 500).kind).toBe('shed');
    expect(servedBy(outcomeAt(outcomes, 1_990))).toBeDefined();
  });
});

describe('throttling', () => {
  it('keeps requests away for as long as the endpoint asked', () => {
    const faults: Faults = [{ kind: 'throttling', endpoint: 'large', when, retryAfterMs: 1_500 }];
    const { outcomes } = runPool({ requests: requestsEvery(50, 80), conditions: { faults } });
    expect(servedBy(outcomeAt(outcomes, 950))).toBe('large');
    expect(servedBy(outcomeAt(outcomes, 1_000))).toBe('medium');
    expect(servedBy(outcomeAt(outcomes, 2_450))).toBe('medium');
    expect(servedBy(outcomeAt(outcomes, 2_500))).toBe('large');
    expect(outcomes.every(({ kind }) => kind === 'served')).toBe(true);
  });

  it('of a share turns away that share', () => {
    const faults: Faults = [{ kind: 'throttling', endpoint: 'large', share: 0.3, retryAfterMs: 0 }];
    const { outcomes } = runPool({ requests: requestsEvery(100, 2_000), conditions: { faults } });
    const elsewhere = outcomes.filter((outcome) => servedBy(outcome) === 'medium').length;
    // Four standard errors of a share of 0.3 among 2,000.
    expect(Math.abs(elsewhere / 2_000 - 0.3)).toBeLessThan(0.041);
  });
});

describe('silence', () => {
  it('is waited out for as long as the catalogue says, then the request goes elsewhere', () => {
    const faults: Faults = [{ kind: 'silence', endpoint: 'large', when }];
    const requests = [requestAt(500), requestAt(1_500), requestAt(1_600, { stream: false })];
    const { simulation, outcomes } = runPool({ requests, conditions: { faults } });
    expect(outcomes.map(servedBy)).toEqual(['large', 'medium', 'medium']);
    const { firstTokenMs, completionMs } = namedFleet('paper-partitioned').catalogue.patience;
    for (const [arrivalMs, patienceMs] of [
      [1_500, firstTokenMs],
      [1_600, completionMs],
    ] as const) {
      expect(e2eMs(outcomeAt(outcomes, arrivalMs))).toBeGreaterThan(patienceMs);
      expect(e2eMs(outcomeAt(outcomes, arrivalMs))).toBeLessThan(patienceMs + 600);
    }
    expect(inFlight(simulation)).toBe(0);
  });
});

describe('the eviction of the ledger', () => {
  const evicted = (saveEveryMs: number, fromS: number) => {
    const faults: Faults = [
      {
        kind: 'ledger-eviction',
        saveEveryMs,
        when: { kind: 'windows', windows: [{ fromS, toS: fromS + 1 }] },
      },
    ];
    return simulatedPool({ requests: requestsEvery(10, 300), conditions: { faults } });
  };
  const until = ({ simulation }: ReturnType<typeof evicted>, untilMs: number) => {
    while (simulation.nowMs < untilMs) simulation.step();
    return simulation.ledger.snapshot(simulation.nowMs);
  };

  it('forgets what was learned since it was last saved, and no more', () => {
    const intercept = (snapshot: ReturnType<typeof until>) => snapshot.services.large!.tpot.weights[0];
    const untouched = simulatedPool({ requests: requestsEvery(10, 300) });
    const before = intercept(until(untouched, 1_000));
    expect(intercept(until(untouched, 1_995))).not.toBe(before);
    const pool = evicted(1_000, 2);
    until(pool, 1_995);
    while (pool.simulation.nowMs < 2_000) pool.simulation.step();
    expect(intercept(pool.simulation.ledger.snapshot(2_000))).toBe(before);
  });

  it('holds places given back since until their lease expires, and every request still ends', () => {
    const pool = evicted(1_000, 1.99);
    pool.simulation.run();
    expect(pool.outcomes.every(({ kind }) => kind === 'served')).toBe(true);
    expect(inFlight(pool.simulation)).toBeGreaterThan(0);
    pool.simulation.idleUntil(LEASE_MS + 3_000);
    expect(inFlight(pool.simulation)).toBe(0);
  });
});

describe('a rate limit', () => {
  it('lets through its burst and then its rate', () => {
    const faults: Faults = [{ kind: 'rate-limit', endpoint: 'large', requestsPerSecond: 10, burst: 5 }];
    const { outcomes } = runPool({ requests: requestsEvery(20, 1_000), conditions: { faults } });
    const through = outcomes.filter((outcome) => servedBy(outcome) === 'large');
    expect(through.slice(0, 5).map(({ request }) => request.arrivalMs)).toEqual([0, 20, 40, 60, 80]);
    // 20 s at 10/s and the burst; waits that end between two arrivals cost part of the rate.
    expect(through.length).toBeLessThanOrEqual(5 + 200);
    expect(through.length).toBeGreaterThan(190);
  });
});

describe('errors of the model server', () => {
  it('move requests on to another variant', () => {
    const faults: Faults = [{ kind: 'errors', endpoint: 'large', when }];
    const { outcomes } = runPool({ requests: requestsEvery(100, 20), conditions: { faults } });
    expect(outcomes.every(({ kind }) => kind === 'served')).toBe(true);
    expect(servedBy(outcomeAt(outcomes, 900))).toBe('large');
    expect(servedBy(outcomeAt(outcomes, 1_000))).toBe('medium');
  });
});

describe('a slow replica', () => {
  const slow = (replica: number, factor: number) => ({
    kind: 'slow-replica' as const,
    endpoint: 'large',
    replica,
    factor,
    when,
  });

  it('takes that much longer for every step that begins meanwhile', () => {
    const faults: Faults = [slow(0, 3), slow(0, 2)];
    const short = { outputTokens: 8 };
    const { outcomes } = runPool({
      requests: [0, 1_000, 3_000].map((at) => requestAt(at, short)),
      conditions: { faults },
    });
    const [before, during, after] = [0, 1_000, 3_000].map((at) => e2eMs(outcomeAt(outcomes, at)));
    expect(during).toBeCloseTo(6 * before!, 6);
    expect(after).toBeCloseTo(before!, 6);
  });

  it('recovers in the middle of an answer', () => {
    const long = { outputTokens: 1_200 };
    const alone = e2eMs(runPool({ requests: [requestAt(0, long)] }).outcomes[0]!);
    const conditions = { faults: [slow(0, 4)] };
    const slowed = e2eMs(runPool({ requests: [requestAt(0, long)], conditions }).outcomes[0]!);
    // Of the second within the window a quarter was worked, but for the steps that cross its bounds.
    expect(alone).toBeGreaterThan(2_000);
    expect(Math.abs(slowed - alone - 750)).toBeLessThan(60);
  });

  it('slows its own requests only', () => {
    const requests = [requestAt(1_000), requestAt(1_001)];
    const { outcomes } = runPool({ requests, conditions: { faults: [slow(1, 10)] } });
    expect(e2eMs(outcomeAt(outcomes, 1_001))).toBeGreaterThan(5 * e2eMs(outcomeAt(outcomes, 1_000)));
  });
});

describe('the failure of a replica', () => {
  it('loses what ran there, while the other serves on', () => {
    const faults: Faults = [{ kind: 'replica-failure', endpoint: 'large', replica: 0, when }];
    const long = { outputTokens: 1_000 };
    const requests = [requestAt(0, long), requestAt(1, long), requestAt(1_500), requestAt(1_501)];
    const { simulation, outcomes } = simulatedPool({ requests, conditions: { faults } });
    const large = simulation.endpoints.get('large')!;
    while (simulation.nowMs < 1_500) simulation.step();
    expect([large.count('serving'), large.count('down')]).toEqual([1, 1]);
    simulation.run();
    simulation.idleUntil(10_000);
    expect(large.count('serving')).toBe(2);
    expect(outcomeAt(outcomes, 0).kind).toBe('failed');
    for (const at of [1, 1_500, 1_501]) expect(servedBy(outcomeAt(outcomes, at))).toBe('large');
  });

  it('of the only one is an outage', () => {
    const faults: Faults = [0, 1].map((replica) => ({ kind: 'replica-failure', endpoint: 'large', replica }));
    const { outcomes } = runPool({ requests: [requestAt(0)], conditions: { faults } });
    expect(servedBy(outcomes[0]!)).toBe('medium');
  });
});

describe('lost settlements', () => {
  it('hold their places until the ledger gives them up', () => {
    const faults: Faults = [
      { kind: 'lost-settles', share: 0.05, when: { kind: 'windows', windows: [{ fromS: 0, toS: 5 }] } },
    ];
    const { simulation } = runPool({ requests: poissonRequests(100, 10, 1), conditions: { faults } });
    const held = inFlight(simulation);
    expect(held / 500).toBeGreaterThan(0.02);
    expect(held / 500).toBeLessThan(0.09);
    simulation.idleUntil(LEASE_MS - 1);
    expect(inFlight(simulation)).toBe(held);
    simulation.idleUntil(LEASE_MS + 5_000);
    expect(inFlight(simulation)).toBe(0);
    expect(simulation.ledger.nextExpiryMs).toBeUndefined();
  });
});

describe('a cold start', () => {
  const conditions: ConditionsInput = { coldStarts: { large: { startMs: 400, afterIdleMs: 5_000 } } };

  it('makes the first request wait, and those that come meanwhile', () => {
    const arrivals = [0, 6_000, 6_100, 6_150, 7_000];
    const { outcomes } = runPool({ requests: arrivals.map((at) => requestAt(at)), conditions });
    const [warm, first, , third, after] = arrivals.map((at) => e2eMs(outcomeAt(outcomes, at)));
    // The second went to the other replica, which was as cold; the third joined the first, and slowed it by a little.
    expect(Math.abs(first! - warm! - 400)).toBeLessThan(5);
    expect(third).toBeGreaterThan(warm! + 250);
    expect(third).toBeLessThan(warm! + 300);
    expect(after).toBeCloseTo(warm!, 6);
  });

  it('follows the return of a failed replica', () => {
    const faults: Faults = [0, 1].map((replica) => ({
      kind: 'replica-failure',
      endpoint: 'large',
      replica,
      when,
    }));
    const coldStarts = { large: { startMs: 400 } };
    const { outcomes } = runPool({
      requests: [requestAt(0), requestAt(2_500)],
      conditions: { coldStarts, faults },
    });
    expect(e2eMs(outcomeAt(outcomes, 2_500))).toBeCloseTo(e2eMs(outcomeAt(outcomes, 0)) + 400, 6);
  });

  it('starts nothing that was lost meanwhile', () => {
    const coldStarts = { large: { startMs: 3_000, afterIdleMs: 500 } };
    const faults: Faults = [{ kind: 'outage', endpoint: 'large', when }];
    const { simulation, outcomes } = runPool({
      requests: [requestAt(600)],
      conditions: { coldStarts, faults },
    });
    simulation.idleUntil(10_000);
    expect(outcomes.map(servedBy)).toEqual(['medium']);
  });

  it('longer than the gateway waits is given up, and the request served elsewhere', () => {
    const coldStarts = { large: { startMs: 100_000, afterIdleMs: 1_000 } };
    const { simulation, outcomes } = runPool({ requests: [requestAt(2_000)], conditions: { coldStarts } });
    expect(servedBy(outcomes[0]!)).toBe('medium');
    expect(e2eMs(outcomes[0]!)).toBeGreaterThan(60_000);
    expect(e2eMs(outcomes[0]!)).toBeLessThan(61_000);
    expect(simulation.endpoints.get('large')!.outstanding).toBe(0);
    expect(inFlight(simulation)).toBe(0);
  });

  it('that ends too late for the edge is not heard any more', () => {
    // The first token leaves within the 60 s of patience and would arrive beyond them.
    const conditions: ConditionsInput = {
      coldStarts: { large: { startMs: 59_940, afterIdleMs: 1_000 } },
      edgeToEndpoint: { meanMs: 30 },
    };
    const requests = [requestAt(2_000, { outputTokens: 1 })];
    const { simulation, outcomes } = runPool({ requests, conditions });
    expect(outcomes.map(servedBy)).toEqual(['medium']);
    expect(simulation.tally).toEqual({ arrived: 1, served: 1, shed: 0, failed: 0, left: 0, inFlight: 0 });
    expect(simulation.endpoints.get('large')!.outstanding).toBe(0);
  });
});

describe('faults that overlap', () => {
  const overlapping = (kind: 'outage' | 'replica-failure'): Faults =>
    [
      { fromS: 1, toS: 3 },
      { fromS: 2, toS: 4 },
    ].map((window) => ({ kind, endpoint: 'medium', when: { kind: 'windows', windows: [window] } }));
  const requests = [500, 3_500, 8_000].map((at) => requestAt(at));
  const away: Faults = [{ kind: 'outage', endpoint: 'large' }];

  it.each(['outage', 'replica-failure'] as const)('%s: last until both have ended', (kind) => {
    const { outcomes } = runPool({ requests, conditions: { faults: [...away, ...overlapping(kind)] } });
    expect(outcomes.map(servedBy)).toEqual(['medium', 'small', 'medium']);
  });
});

describe('drawn faults', () => {
  const drawn = { kind: 'drawn', meanGapS: 2, meanDurationS: 1 } as const;
  /** Whether the first replica of each endpoint is there, ten times a second. */
  function history(scorer: SyncScorer, conditionsSeed: number): string {
    const { simulation } = simulatedPool({
      requests: poissonRequests(50, 30, 1),
      conditions: {
        faults: [{ kind: 'replica-failure', when: drawn }],
        edgeToEndpoint: { meanMs: 5, jitter: 1 },
      },
      scorer,
      conditionsSeed,
    });
    let seen = '';
    for (let atMs = 100; atMs <= 30_000; atMs += 100) {
      simulation.idleUntil(atMs);
      for (const endpoint of simulation.endpoints.values()) seen += endpoint.count('down');
    }
    return seen;
  }
  const worstFirst: SyncScorer = {
    name: 'worst-first',
    score: ({ actions }) => actions.map(({ quality }) => -quality),
  };

  it('come at the same times whoever routes, and at others with another seed', () => {
    expect(history(bestFirst, 1)).toContain('1');
    expect(history(worstFirst, 1)).toBe(history(bestFirst, 1));
    expect(history(bestFirst, 2)).not.toBe(history(bestFirst, 1));
  });
});
