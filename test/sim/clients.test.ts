import { describe, expect, it } from 'vitest';
import { familyOf } from '../../policy/workloads/families.ts';
import { generate } from '../../policy/workloads/generate.ts';
import { namedWorkload } from '../../policy/workloads/named.ts';
import { seededRandom } from '../../src/platform/random.ts';
import {
  inFlight,
  outcomeAt,
  requestAt,
  requestsEvery,
  runPool,
  servedBy,
} from '../support/simulated-pool.ts';

describe('an answer that comes as a whole', () => {
  it('takes as long as one that streams, and shows neither first token nor pace', () => {
    const [streamed] = runPool({ requests: [requestAt(0)] }).outcomes;
    const [whole] = runPool({ requests: [requestAt(0, { stream: false })] }).outcomes;
    expect(streamed).toMatchObject({ kind: 'served', ttftMs: expect.any(Number) });
    expect(whole).toMatchObject({ kind: 'served', ttftMs: undefined, tpotMs: undefined, onTime: true });
    expect(whole).toHaveProperty('e2eMs', (streamed as { e2eMs?: number }).e2eMs);
  });

  it('teaches the ledger its pace from a first token that is assumed, and leaves nothing behind', () => {
    const { simulation } = runPool({ requests: requestsEvery(40, 100, { stream: false }) });
    const { services } = simulation.ledger.snapshot(simulation.nowMs);
    const untaught = runPool({ requests: [] }).simulation.ledger.snapshot(0).services;
    expect(services.large!.tpot).not.toEqual(untaught.large!.tpot);
    expect(services.large!.ttft).toEqual(untaught.large!.ttft);
    expect(inFlight(simulation)).toBe(0);
  });

  it('is tried elsewhere whenever its endpoint fails, for its client has seen nothing', () => {
    const faults = [
      { kind: 'outage', endpoint: 'large', when: { kind: 'windows', windows: [{ fromS: 0.1, toS: 1 }] } },
    ] as const;
    const outcomeOf = (stream: boolean) =>
      runPool({
        requests: [requestAt(0, { outputTokens: 100, stream })],
        conditions: { faults: [...faults] },
      }).outcomes[0]!;
    expect(outcomeOf(true).kind).toBe('failed');
    expect(servedBy(outcomeOf(false))).toBe('medium');
  });
});

describe('a client that hangs up', () => {
  const conditions = { edgeToLedger: { meanMs: 5 }, edgeToEndpoint: { meanMs: 15 } };

  it('has left at that moment, wherever its request is, and nothing of it stays', () => {
    for (let leavesAfterMs = 0; leavesAfterMs < 120; leavesAfterMs += 2) {
      const requests = [requestAt(0, { leavesAfterMs })];
      const { simulation, outcomes } = runPool({ requests, conditions });
      expect(outcomes.map(({ kind }) => kind)).toEqual(['left']);
      for (const endpoint of simulation.endpoints.values()) expect(endpoint.outstanding).toBe(0);
      expect(inFlight(simulation)).toBe(0);
    }
  });

  it('changes nothing once it has its answer', () => {
    const { outcomes } = runPool({ requests: [requestAt(0, { leavesAfterMs: 10_000 })], conditions });
    const { outcomes: patient } = runPool({ requests: [requestAt(0)], conditions });
    expect(outcomes).toEqual([{ ...patient[0], request: outcomes[0]!.request }]);
  });

  it('frees the engine for the others', () => {
    const e2eMsBeside = (leavesAfterMs: number) => {
      const crowd = Array.from({ length: 200 }, () => requestAt(0, { outputTokens: 400, leavesAfterMs }));
      const outcome = outcomeAt(runPool({ requests: [...crowd, requestAt(200)] }).outcomes, 200);
      return outcome.kind === 'served' ? outcome.e2eMs : Number.NaN;
    };
    expect(e2eMsBeside(100)).toBeLessThan(0.8 * e2eMsBeside(60_000));
  });
});

it('a workload draws whole answers and leaving clients from streams of their own', () => {
  const recipe = namedWorkload({ name: 'stable', profiles: familyOf('piqa'), durationMs: 20_000 });
  const plain = [...generate(recipe, seededRandom(1))];
  const restless = [
    ...generate({ ...recipe, wholeShare: 0.3, leaving: { share: 0.1, meanAfterMs: 400 } }, seededRandom(1)),
  ];
  expect(restless.map(({ stream: _, leavesAfterMs: __, ...request }) => request)).toEqual(plain);
  const share = (has: (request: (typeof restless)[number]) => boolean) =>
    restless.filter(has).length / restless.length;
  // Four standard errors among some 4,000.
  expect(Math.abs(share(({ stream }) => stream === false) - 0.3)).toBeLessThan(0.03);
  expect(Math.abs(share(({ leavesAfterMs }) => leavesAfterMs !== undefined) - 0.1)).toBeLessThan(0.02);
});
