import { describe, expect, it } from 'vitest';
import type { ConditionsInput } from '../../policy/arena/conditions.ts';
import { delaysOf } from '../../policy/arena/delay.ts';
import { seededRandom } from '../../src/platform/random.ts';
import {
  inFlight,
  poissonRequests,
  requestAt,
  requestsEvery,
  runPool,
  simulatedPool,
} from '../support/simulated-pool.ts';

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const ttftsOf = ({ outcomes }: ReturnType<typeof runPool>) =>
  outcomes.flatMap((outcome) => (outcome.kind === 'served' ? [outcome.ttftMs!] : []));

describe('the network', () => {
  const alone = requestsEvery(500, 400);
  const withoutJitter: ConditionsInput = { edgeToLedger: { meanMs: 8 }, edgeToEndpoint: { meanMs: 15 } };

  it('adds two questions to the ledger and one to the endpoint to every first token', () => {
    const ideal = ttftsOf(runPool({ requests: alone }));
    const far = ttftsOf(runPool({ requests: alone, conditions: withoutJitter }));
    for (const [index, ttftMs] of far.entries())
      expect(ttftMs - ideal[index]!).toBeCloseTo(4 * 8 + 2 * 15, 6);
  });

  it('spares the question for a snapshot that is fresh enough', () => {
    const conditions = { ...withoutJitter, snapshotMaxAgeMs: 10_000 };
    const [first, ...others] = ttftsOf(runPool({ requests: alone, conditions }));
    for (const ttftMs of others.slice(0, 10)) expect(first! - ttftMs).toBeCloseTo(2 * 8, 6);
  });

  it('takes as long with jitter on average, and another time for each message', () => {
    const jitter = { ...withoutJitter, edgeToEndpoint: { meanMs: 15, jitter: 0.8 } };
    const steady = ttftsOf(runPool({ requests: alone, conditions: withoutJitter }));
    const shaky = ttftsOf(runPool({ requests: alone, conditions: jitter }));
    expect(new Set(shaky).size).toBe(shaky.length);
    // Four standard errors: two draws of coefficient of variation 0.95 per request.
    expect(Math.abs(mean(shaky) - mean(steady))).toBeLessThan((4 * 15 * 0.95 * Math.SQRT2) / 20);
  });

  it('never lets the end of an answer overtake its beginning', () => {
    const conditions = {
      edgeToEndpoint: { meanMs: 100, jitter: 2 },
      edgeToLedger: { meanMs: 30, jitter: 2 },
    };
    const { simulation, outcomes } = runPool({ requests: poissonRequests(100, 20, 1), conditions });
    const served = outcomes.flatMap((outcome) => (outcome.kind === 'served' ? [outcome] : []));
    expect(served.length).toBeGreaterThan(1_000);
    expect(served.filter(({ ttftMs, e2eMs }) => !(ttftMs! <= e2eMs))).toEqual([]);
    expect(inFlight(simulation)).toBe(0);
  });

  it('carries reports with the next question, or after a while by themselves', () => {
    const conditions = { ...withoutJitter, reportWithinMs: 5_000 };
    const { simulation } = simulatedPool({ requests: [requestAt(0), requestAt(2_000)], conditions });
    simulation.idleUntil(2_000);
    expect([simulation.tally.served, inFlight(simulation)]).toEqual([1, 1]);
    // The second request's question for a place is at the ledger after 3 · 8 ms, and brings the end of the first.
    simulation.idleUntil(2_025);
    expect(inFlight(simulation)).toBe(1);
    simulation.idleUntil(5_000);
    expect([simulation.tally.served, inFlight(simulation)]).toEqual([2, 1]);
    simulation.run();
    expect(inFlight(simulation)).toBe(0);
  });
});

describe('a delay', () => {
  it('has the mean of its law and the jitter of its logarithm', () => {
    const draw = delaysOf({ meanMs: 40, jitter: 0.5 }, seededRandom(1));
    const values = Array.from({ length: 50_000 }, draw);
    const logs = values.map(Math.log);
    const center = mean(logs);
    const variance = mean(logs.map((log) => (log - center) ** 2));
    expect(mean(values)).toBeCloseTo(40, 0);
    expect(Math.sqrt(variance)).toBeCloseTo(0.5, 2);
  });
});
