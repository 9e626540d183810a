import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/platform/random.ts';
import type { Ask, Settlement } from '../../src/pool/lease.ts';
import { LEASE_MS, Ledger } from '../../src/pool/ledger.ts';
import { PoolEdge } from '../../src/pool/pool-client.ts';
import type { Catalogue } from '../../src/routing/catalogue.ts';
import { alone } from '../../src/routing/company.ts';
import { lengthSlots } from '../../src/routing/lengths/features.ts';
import { observe, placesOf } from '../../src/routing/observation.ts';
import { paceAlone, pacePerOther, priorService, readMsPerToken, ttftIn } from '../../src/routing/service.ts';
import type { PoolSnapshot } from '../../src/routing/snapshot.ts';
import { request } from '../support/observations.ts';
import { catalogue } from '../support/small-catalogue.ts';

function ask(leaseId: string, changes: Partial<Ask> = {}): Ask {
  return {
    leaseId,
    ranking: ['large', 'small'],
    task: 'chat',
    class: 'standard',
    promptTokens: 100,
    expectedOutputTokens: 50,
    streams: true,
    arrives: true,
    ...changes,
  };
}

const served = (leaseId: string, outputTokens: number, e2eMs: number, ttftMs?: number): Settlement => ({
  leaseId,
  outcome: { kind: 'served', outputTokens, e2eMs, ttftMs },
});

describe('place', () => {
  it('takes the first variant of the ranking whose endpoint has room', () => {
    const ledger = new Ledger(catalogue, 0);
    const taken = ['a', 'b', 'c'].map((id) => ledger.place(ask(id), 0));
    expect(taken.map((answer) => answer.kind === 'granted' && answer.variant)).toEqual([
      'large',
      'large',
      'small',
    ]);
  });

  it('refuses when no ranked endpoint has room, with the predicted wait', () => {
    const ledger = new Ledger(catalogue, 0);
    for (const id of ['a', 'b']) ledger.place(ask(id), 0);
    const answer = ledger.place(ask('c', { ranking: ['large'] }), 0);
    // Two in flight, each some 200 + 0.2 · 100 ms to the first token and 50 tokens of 30 + 5 · 2 ms, to which reading
    // 2 · 100 tokens beside them adds 0.2 · 200 / 50 ms: one ends in about 1.1 s.
    expect(answer).toMatchObject({ kind: 'refused', retryAfterMs: (220 + 50 * 40.8) / 2 });
  });

  it('gives the same lease to the same id', () => {
    const ledger = new Ledger(catalogue, 0);
    ledger.place(ask('a'), 0);
    expect(ledger.place(ask('a'), 1)).toMatchObject({ kind: 'granted', variant: 'large' });
    expect(ledger.snapshot(1).endpoints.big?.inFlight).toBe(1);
  });

  it('counts an arrival once, however many attempts follow', () => {
    const once = new Ledger(catalogue, 0);
    once.place(ask('a.0'), 0);
    const twice = new Ledger(catalogue, 0);
    twice.place(ask('a.0'), 0);
    twice.place(ask('a.1', { arrives: false }), 0);
    expect(twice.snapshot(0).arrivals).toEqual(once.snapshot(0).arrivals);
  });

  it('ignores variants the catalogue does not know', () => {
    const ledger = new Ledger(catalogue, 0);
    expect(ledger.place(ask('a', { ranking: ['gone', 'small'] }), 0)).toMatchObject({ variant: 'small' });
  });
});

describe('leases', () => {
  it('count as queued until the first token, then as decoding', () => {
    const ledger = new Ledger(catalogue, 0);
    ledger.place(ask('a'), 0);
    expect(ledger.snapshot(0).endpoints.big).toMatchObject({
      inFlight: 1,
      queued: 1,
      promptTokensQueued: 100,
      tokensInFlight: 150,
    });
    ledger.firstToken('a', 200, 200);
    expect(ledger.snapshot(200).endpoints.big).toMatchObject({
      inFlight: 1,
      queued: 0,
      promptTokensQueued: 0,
      tokensInFlight: 150,
    });
  });

  it('of answers that do not stream leave the queue at their predicted first token', () => {
    const ledger = new Ledger(catalogue, 0);
    ledger.place(ask('a', { streams: false }), 0);
    expect(ledger.snapshot(219).endpoints.big?.queued).toBe(1);
    expect(ledger.snapshot(220).endpoints.big?.queued).toBe(0);
  });

  it('are settled exactly once', () => {
    const ledger = new Ledger(catalogue, 0);
    ledger.place(ask('a'), 0);
    expect(ledger.settle(served('a', 10, 500), 500)).toBe(true);
    expect(ledger.settle(served('a', 10, 500), 501)).toBe(false);
    expect(ledger.snapshot(501).endpoints.big?.inFlight).toBe(0);
  });

  it('expire when nobody settles them', () => {
    const ledger = new Ledger(catalogue, 0);
    ledger.place(ask('a'), 0);
    ledger.place(ask('b'), 10);
    expect(ledger.nextExpiryMs).toBe(LEASE_MS);
    expect(ledger.expire(LEASE_MS - 1)).toBe(0);
    expect(ledger.expire(LEASE_MS)).toBe(1);
    expect(ledger.snapshot(LEASE_MS).endpoints.big?.inFlight).toBe(1);
  });

  it('survive a checkpoint', () => {
    const ledger = new Ledger(catalogue, 0);
    for (const id of ['a', 'b', 'c']) ledger.place(ask(id), 0);
    ledger.firstToken('a', 300, 300);
    const restored = new Ledger(catalogue, 1_000, structuredClone(ledger.checkpoint()));
    expect(restored.snapshot(1_000).endpoints).toEqual(ledger.snapshot(1_000).endpoints);
    expect(restored.snapshot(1_000).services).toEqual(ledger.snapshot(1_000).services);
  });

  it('are saved without what the process that saves them counts for itself', () => {
    const ledger = new Ledger(catalogue, 0);
    for (const ranking of [['small'], ['small-short']]) ledger.place(ask(ranking[0]!, { ranking }), 0);
    ledger.firstToken('small', 300, 300);
    const phases = ledger.checkpoint().leases.map(([, { phase }]) => phase);
    expect(phases).toMatchObject([{ kind: 'decoding', since: { totals: {} } }, { kind: 'queued' }]);
    expect(JSON.stringify(phases)).not.toContain('small');
  });

  it('are not taken over from a checkpoint of another version', () => {
    const ledger = new Ledger(catalogue, 0);
    ledger.place(ask('a'), 0);
    const checkpoint = { ...structuredClone(ledger.checkpoint()), version: 1 };
    const restored = new Ledger(catalogue, 1_000, checkpoint);
    expect(restored.snapshot(1_000).endpoints.big?.inFlight).toBe(0);
    expect(restored.revision).toBeGreaterThan(ledger.revision);
  });

  it('are told to edges that had heard more than was saved', () => {
    const ledger = new Ledger(catalogue, 0);
    const checkpoint = structuredClone(ledger.checkpoint());
    for (let index = 0; index < 1_000; index++) {
      ledger.place(ask(`${index}`), 0);
      ledger.settle(served(`${index}`, 10, 500), 500);
    }
    const edge = new PoolEdge();
    edge.offer(ledger.snapshot(900), 900);
    const restored = new Ledger(catalogue, 1_000, checkpoint);
    edge.offer(restored.snapshot(1_000), 1_000);
    expect(edge.held?.receivedAtMs).toBe(1_000);
  });
});

describe('what traffic teaches', () => {
  it('converges to the times an endpoint really takes, from a prior that is four times off', () => {
    const ledger = new Ledger(catalogue, 0);
    const random = seededRandom(1);
    let nowMs = 0;
    for (let index = 0; index < 400; index++) {
      const promptTokens = 50 + Math.floor(random() * 4_000);
      const ttftMs = 50 + 0.05 * promptTokens;
      ledger.place(ask(`${index}`, { ranking: ['large'], promptTokens }), nowMs);
      ledger.firstToken(`${index}`, ttftMs, nowMs + ttftMs);
      nowMs += ttftMs + 99 * 8;
      ledger.settle(served(`${index}`, 100, ttftMs + 99 * 8, ttftMs), nowMs);
    }
    const large = ledger.snapshot(nowMs).services.large!;
    expect(ttftIn(alone, large, 2_000)).toBeCloseTo(150, -1);
    expect(readMsPerToken(large)).toBeGreaterThan(0.04);
    expect(readMsPerToken(large)).toBeLessThan(0.06);
    expect(paceAlone(large)).toBeCloseTo(8, 0);
    expect(ledger.snapshot(nowMs).lengths.chat?.tokens).toBeCloseTo(100, 0);
  });

  it('tells edges what predictions need, and keeps what only learning does', () => {
    const ledger = new Ledger(catalogue, 0);
    ledger.place(ask('a'), 0);
    ledger.firstToken('a', 300, 300);
    ledger.settle(served('a', 100, 4_000, 300), 4_000);
    const told = ledger.snapshot(4_000).services.large!;
    const { ttft, tpot } = ledger.checkpoint().services.large!;
    expect(told).toEqual({
      ttft: { weights: ttft.weights, logVariance: ttft.logVariance },
      tpot: { weights: tpot.weights, logVariance: tpot.logVariance },
    });
    expect(told.tpot.weights).not.toEqual(priorService(catalogue.variants[0]!).tpot.weights);
    expect(ttft.covariance).toHaveLength(9);
  });

  it('attributes slower tokens to the load they were decoded beside', () => {
    const ledger = new Ledger(catalogue, 0);
    const tpotMs = (others: number) => 4 + 3 * others;
    let nowMs = 0;
    for (let round = 0; round < 200; round++) {
      const together = 1 + (round % 4);
      const ids = Array.from({ length: together }, (_, index) => `${round}.${index}`);
      for (const id of ids) ledger.place(ask(id, { ranking: ['small'] }), nowMs);
      for (const id of ids) ledger.firstToken(id, 50, nowMs + 50);
      // Two replicas share the load.
      const decodeMs = 20 * tpotMs((together - 1) / 2);
      nowMs += 50 + decodeMs;
      for (const id of ids) ledger.settle(served(id, 21, 50 + decodeMs, 50), nowMs);
    }
    const small = ledger.snapshot(nowMs).services.small!;
    expect(paceAlone(small)).toBeCloseTo(4, 0);
    expect(pacePerOther(small)).toBeCloseTo(3, 0);
  });

  it('does not take the reading of prompts for slowness', () => {
    const ledger = new Ledger(catalogue, 0);
    const readMs = 0.2 * 1_000;
    let nowMs = 0;
    for (let round = 0; round < 100; round++) {
      // While the first decodes 20 tokens of 30 ms, the second comes, and its prompt is read.
      const second = { ranking: ['large'], promptTokens: 1_000 };
      ledger.place(ask(`${round}.first`, { ranking: ['large'] }), nowMs);
      ledger.firstToken(`${round}.first`, 220, nowMs + 220);
      ledger.place(ask(`${round}.second`, second), nowMs + 220);
      ledger.firstToken(`${round}.second`, 200 + readMs, nowMs + 420 + readMs);
      nowMs += 220 + 20 * 30 + readMs;
      ledger.settle(served(`${round}.first`, 21, 220 + 20 * 30 + readMs, 220), nowMs);
      ledger.settle({ leaseId: `${round}.second`, outcome: { kind: 'aborted' } }, nowMs);
    }
    const large = ledger.snapshot(nowMs).services.large!;
    // Not the 40 ms that a token took on the whole.
    expect(paceAlone(large) + pacePerOther(large)).toBeCloseTo(30, 0);
  });

  it.each([
    ['take turns', 1, 1],
    ['do not know of each other', 0, 0.02],
  ])('learns of variants on one endpoint that they %s', (_, share, crowding) => {
    const ledger = new Ledger(catalogue, 0);
    let nowMs = 0;
    for (let round = 0; round < 300; round++) {
      // On both replicas there is one of each, or there are two of the first.
      const other = round % 2 === 0 ? 'small-short' : 'small';
      const ranking = { a: 'small', b: 'small', c: other, d: other };
      for (const [id, variant] of Object.entries(ranking))
        ledger.place(ask(`${round}.${id}`, { ranking: [variant], promptTokens: 1 }), nowMs);
      const small = ledger.snapshot(nowMs).services.small!;
      const stepMs = paceAlone(ledger.snapshot(nowMs).services['small-short']!);
      const tpotMs = other === 'small-short' ? 10 + share * stepMs : 10 + 1;
      for (const id in ranking) ledger.firstToken(`${round}.${id}`, ttftIn(alone, small, 1), nowMs + 1);
      nowMs += 1 + 20 * tpotMs;
      for (const id of ['a', 'b'])
        ledger.settle(
          served(`${round}.${id}`, 21, ttftIn(alone, small, 1) + 20 * tpotMs, ttftIn(alone, small, 1)),
          nowMs,
        );
      for (const id of ['c', 'd'])
        ledger.settle({ leaseId: `${round}.${id}`, outcome: { kind: 'aborted' } }, nowMs);
    }
    const learned = ledger.snapshot(nowMs).services.small!.tpot.weights[2]!;
    expect(Math.abs(learned - crowding)).toBeLessThan(0.1);
  });

  it('learns no length from answers that a bound cut short', () => {
    const ledger = new Ledger(catalogue, 0);
    for (let index = 0; index < 50; index++) {
      ledger.place(ask(`${index}`, { ranking: ['small'] }), index);
      ledger.settle(
        { leaseId: `${index}`, outcome: { kind: 'served', outputTokens: 1, e2eMs: 9, cutShort: true } },
        index,
      );
    }
    expect(ledger.snapshot(50).lengths.chat?.tokens).toBe(100);
  });

  it('learns how far off the expected lengths are, whoever predicts them', () => {
    const spread = (expected: (actual: number) => number) => {
      const ledger = new Ledger(catalogue, 0);
      const random = seededRandom(1);
      for (let index = 0; index < 300; index++) {
        const actual = 10 + Math.floor(random() * 500);
        ledger.place(ask(`${index}`, { ranking: ['small'], expectedOutputTokens: expected(actual) }), index);
        ledger.settle(served(`${index}`, actual, 10), index);
      }
      return Math.sqrt(ledger.snapshot(300).lengths.chat!.logVariance);
    };
    expect(spread((actual) => actual)).toBeLessThan(0.01);
    expect(spread((actual) => actual * 1.5)).toBeCloseTo(Math.log(1.5), 1);
    expect(spread(() => 250)).toBeGreaterThan(0.6);
  });

  describe('of lengths, request by request', () => {
    const short = lengthSlots('chat', { promptTokens: 100, class: 'standard', client: 1 });
    const long = lengthSlots('chat', { promptTokens: 100, class: 'standard', client: 2 });

    const taughtLedger = (of: Catalogue) => {
      const ledger = new Ledger(of, 0);
      for (let index = 0; index < 1_000; index++) {
        const isLong = index % 2 === 0;
        const lengthSlots = isLong ? long : short;
        ledger.place(ask(`${index}`, { ranking: ['small'], lengthSlots }), index);
        ledger.settle(served(`${index}`, isLong ? 400 + (index % 50) : 20 + (index % 10), 9), index);
      }
      return ledger;
    };
    const expected = (of: PoolSnapshot, lengthSlots: readonly number[]) =>
      observe(catalogue, of, request({ lengthSlots }), { snapshotAgeMs: 0, elapsedMs: 0 });

    it('who asked for long answers is expected to ask for one again, on every variant', () => {
      const snapshot = taughtLedger(catalogue).snapshot(9_999);
      const { length, actions } = expected(snapshot, long);
      expect(length.tokens).toBeGreaterThan(350);
      expect(length.tokens).toBeLessThan(500);
      expect(length.quantiles![0]).toBeGreaterThan(300);
      expect(length.calibration).toMatchObject({ samples: 1_000 });
      expect(actions.map(({ variant, length: own }) => [variant.id, own.tokens > 350])).toEqual([
        ['large', true],
        ['small', true],
        ['small-short', false],
      ]);
      expect(expected(snapshot, short).length.tokens).toBeLessThan(35);
    });

    it('is remembered over a restart', () => {
      const ledger = taughtLedger(catalogue);
      const restarted = new Ledger(catalogue, 2_000, structuredClone(ledger.checkpoint()));
      expect(expected(restarted.snapshot(9_999), long).length).toEqual(
        expected(ledger.snapshot(9_999), long).length,
      );
    });

    it('an explicit prediction counts for more', () => {
      const snapshot = taughtLedger(catalogue).snapshot(9_999);
      const asked = request({ lengthSlots: long, predictedOutputTokens: 7 });
      const { length } = observe(catalogue, snapshot, asked, { snapshotAgeMs: 0, elapsedMs: 0 });
      expect(length.tokens).toBe(7);
    });

    it('can be switched off', () => {
      const off: Catalogue = { ...catalogue, lengthPrediction: { kind: 'none' } };
      const ledger = taughtLedger(off);
      const snapshot = ledger.snapshot(9_999);
      expect(snapshot.lengthModel).toBeUndefined();
      expect(ledger.checkpoint().lengthLearner).toBeUndefined();
      expect(expected(snapshot, long).length.tokens).toBe(snapshot.lengths.chat!.tokens);
    });

    it('a model is not sent to who holds it', () => {
      const ledger = taughtLedger(catalogue);
      const { revision } = ledger.snapshot(9_999).lengthModel!;
      expect(ledger.snapshot(9_999, revision).lengthModel).toBeUndefined();
      expect(ledger.snapshot(9_999, revision - 1).lengthModel?.revision).toBe(revision);
    });
  });

  it('sees a burst at once and forgets it within seconds, while the slow rate hardly moves', () => {
    const ledger = new Ledger(catalogue, 0);
    for (let index = 0; index < 30_000; index++) ledger.place(ask(`s${index}`, { ranking: [] }), index * 10);
    const steady = ledger.snapshot(300_000).arrivals;
    expect(steady.fastPerSecond).toBeCloseTo(100, -1);
    expect(steady.slowPerSecond).toBeCloseTo(100, -1);
    for (let index = 0; index < 1_000; index++)
      ledger.place(ask(`b${index}`, { ranking: [] }), 300_000 + index);
    const burst = ledger.snapshot(301_000).arrivals;
    expect(burst.fastPerSecond).toBeGreaterThan(500);
    expect(burst.slowPerSecond).toBeLessThan(150);
    expect(ledger.snapshot(306_000).arrivals.fastPerSecond).toBeLessThan(10);
  });

  it('knows the mix of tasks', () => {
    const ledger = new Ledger(catalogue, 0);
    for (let index = 0; index < 400; index++)
      ledger.place(ask(`${index}`, { ranking: [], task: index % 4 === 0 ? 'code' : 'chat' }), index);
    const { taskMix } = ledger.snapshot(400);
    expect(taskMix.code).toBeCloseTo(0.25, 2);
    expect(taskMix.chat).toBeCloseTo(0.75, 2);
  });
});

describe('cooling', () => {
  const fail = (
    ledger: Ledger,
    id: string,
    kind: 'failed' | 'throttled',
    nowMs: number,
    retryAfterMs?: number,
  ) => {
    ledger.place(ask(id, { ranking: ['large'] }), nowMs);
    ledger.settle({ leaseId: id, outcome: kind === 'failed' ? { kind } : { kind, retryAfterMs } }, nowMs);
  };

  it('leaves a throttled endpoint alone for as long as it asked', () => {
    const ledger = new Ledger(catalogue, 0);
    fail(ledger, 'a', 'throttled', 0, 2_500);
    expect(ledger.snapshot(100).endpoints.big?.coolingMs).toBe(2_400);
    expect(ledger.place(ask('b'), 100)).toMatchObject({ variant: 'small' });
    expect(ledger.place(ask('c'), 2_500)).toMatchObject({ variant: 'large' });
  });

  it('opens after three failures in a row, waits longer after each further one, and closes with a success', () => {
    const ledger = new Ledger(catalogue, 0);
    for (const id of ['a', 'b']) fail(ledger, id, 'failed', 0);
    expect(ledger.snapshot(0).endpoints.big?.coolingMs).toBe(0);
    fail(ledger, 'c', 'failed', 0);
    expect(ledger.snapshot(0).endpoints.big?.coolingMs).toBe(1_000);
    fail(ledger, 'd', 'failed', 1_000);
    expect(ledger.snapshot(1_000).endpoints.big?.coolingMs).toBe(2_000);
    ledger.place(ask('e', { ranking: ['large'] }), 3_000);
    ledger.settle(served('e', 10, 100), 3_100);
    fail(ledger, 'f', 'failed', 3_200);
    expect(ledger.snapshot(3_200).endpoints.big?.coolingMs).toBe(0);
  });

  it('says whether an endpoint cools because it asked for it or because it failed', () => {
    const ledger = new Ledger(catalogue, 0);
    fail(ledger, 'a', 'throttled', 0, 500);
    expect(ledger.snapshot(0).endpoints.big).toMatchObject({ coolingMs: 500, throttled: true });
    for (const id of ['b', 'c', 'd']) fail(ledger, id, 'failed', 500);
    expect(ledger.snapshot(500).endpoints.big).toMatchObject({ coolingMs: 1_000, throttled: false });
  });

  it('tells a refused client to come back when the endpoint may be tried again', () => {
    const ledger = new Ledger(catalogue, 0);
    fail(ledger, 'a', 'throttled', 0, 4_000);
    expect(ledger.place(ask('b', { ranking: ['large'] }), 1_000)).toMatchObject({
      kind: 'refused',
      retryAfterMs: 3_000,
    });
  });
});

/** Mostly served; throttles and failures often enough that endpoints cool down. */
function randomSettlement(leaseId: string, random: () => number): Settlement {
  const kind = random();
  if (kind < 0.05) return { leaseId, outcome: { kind: 'throttled', retryAfterMs: 300 } };
  if (kind < 0.15) return { leaseId, outcome: { kind: 'failed' } };
  return served(leaseId, 1 + Math.floor(random() * 300), 1 + random() * 5_000);
}

describe('under random traffic', () => {
  it.each([1, 2, 3, 4, 5])(
    'seed %i: no endpoint is over-committed, nothing is lost, everything drains',
    (seed) => {
      const random = seededRandom(seed);
      let ledger = new Ledger(catalogue, 0);
      const held = new Map<string, string>();
      const seen = { granted: 0, refused: 0, restored: 0, lost: 0 };
      let nowMs = 0;
      for (let step = 0; step < 4_000; step++) {
        nowMs += random() * 40;
        const action = random();
        if (action < 0.5) {
          const id = `r${step}`;
          const ranking = random() < 0.5 ? ['large', 'small'] : ['small-short', 'large'];
          const answer = ledger.place(ask(id, { ranking, streams: random() < 0.7 }), nowMs);
          if (answer.kind === 'granted') held.set(id, answer.variant);
          seen[answer.kind] += 1;
        } else if (action < 0.93) {
          const id = [...held.keys()][Math.floor(random() * held.size)];
          if (id === undefined) continue;
          if (random() < 0.4) ledger.firstToken(id, 1 + random() * 500, nowMs);
          else {
            // Now and then a settlement is lost, or comes twice.
            const lost = random() < 0.02;
            if (lost) seen.lost += 1;
            else expect(ledger.settle(randomSettlement(id, random), nowMs)).toBe(true);
            if (!lost && random() < 0.2) expect(ledger.settle(served(id, 5, 5), nowMs)).toBe(false);
            held.delete(id);
          }
        } else if (action < 0.94) {
          ledger = new Ledger(catalogue, nowMs, structuredClone(ledger.checkpoint()));
          seen.restored += 1;
        }
        const { endpoints } = ledger.snapshot(nowMs);
        for (const endpoint of catalogue.endpoints) {
          const load = endpoints[endpoint.id]!;
          expect(load.inFlight).toBeLessThanOrEqual(placesOf(endpoint));
          expect(load.queued).toBeLessThanOrEqual(load.inFlight);
          expect(Math.min(load.queued, load.promptTokensQueued, load.tokensInFlight)).toBeGreaterThanOrEqual(
            0,
          );
        }
      }
      expect(Math.min(...Object.values(seen))).toBeGreaterThan(0);
      ledger.expire(nowMs + LEASE_MS);
      const { endpoints } = ledger.snapshot(nowMs + LEASE_MS);
      for (const load of Object.values(endpoints))
        expect(load).toMatchObject({ inFlight: 0, queued: 0, promptTokensQueued: 0, tokensInFlight: 0 });
    },
  );
});
