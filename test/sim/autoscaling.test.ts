import { describe, expect, it } from 'vitest';
import type { ConditionsInput } from '../../policy/arena/conditions.ts';
import { requestAt, requestsEvery, simulatedPool } from '../support/simulated-pool.ts';

const policy = {
  targetPerReplica: 4,
  min: 1,
  max: 5,
  initial: 1,
  sampleS: 1,
  outAfterSamples: 3,
  inAfterSamples: 6,
  startS: 10,
  inCooldownS: 8,
};

function scaled(requests: Parameters<typeof simulatedPool>[0]['requests'], more: ConditionsInput = {}) {
  const conditions = { autoscaling: { large: policy }, ...more };
  const { simulation, outcomes } = simulatedPool({ requests, conditions });
  return { simulation, outcomes, large: simulation.endpoints.get('large')! };
}

/** Twelve requests at work all the time: three replicas' worth. */
const steadyTwelve = Array.from({ length: 12 }, (_, index) => requestAt(index, { outputTokens: 1_900 }));

describe('autoscaling', () => {
  it('starts what the concurrency asks for, which serves after its lag', () => {
    const { simulation, large } = scaled(steadyTwelve);
    simulation.idleUntil(2_999);
    expect([large.count('serving'), large.count('starting')]).toEqual([1, 0]);
    simulation.idleUntil(3_001);
    expect([large.count('serving'), large.count('starting')]).toEqual([1, 2]);
    simulation.idleUntil(12_999);
    expect([large.count('serving'), large.count('starting')]).toEqual([1, 2]);
    simulation.idleUntil(13_001);
    expect([large.count('serving'), large.count('starting')]).toEqual([3, 0]);
  });

  it('never buys more than the bounds allow', () => {
    const crowd = Array.from({ length: 100 }, (_, index) => requestAt(index, { outputTokens: 1_900 }));
    const { simulation, large } = scaled(crowd);
    let most = 0;
    while (simulation.step()) most = Math.max(most, large.count('serving') + large.count('starting'));
    expect(most).toBe(5);
  });

  it('drains replicas nobody needs, after the cooldown, and loses no request by it', () => {
    const trickle = requestsEvery(200, 500, { outputTokens: 100 });
    const { simulation, outcomes, large } = scaled(trickle, {
      autoscaling: { large: { ...policy, initial: 4, targetPerReplica: 20 } },
    });
    simulation.idleUntil(5_500);
    expect(large.count('serving')).toBe(4);
    simulation.idleUntil(6_500);
    expect(large.count('serving')).toBe(1);
    simulation.idleUntil(90_000);
    expect([large.count('serving'), large.count('draining')]).toEqual([1, 0]);
    simulation.run();
    expect(outcomes.filter(({ kind }) => kind === 'served').length).toBe(500);
  });

  it('drains nothing until a change has had its effect and the cooldown is over', () => {
    const burst = Array.from({ length: 12 }, (_, index) => requestAt(index, { outputTokens: 600 }));
    const { simulation, large } = scaled(burst);
    simulation.idleUntil(20_999);
    expect([large.count('serving'), large.outstanding]).toEqual([3, 0]);
    simulation.idleUntil(21_001);
    expect(large.count('serving')).toBe(1);
  });

  it('lets a replica finish before it goes', () => {
    const long = Array.from({ length: 4 }, (_, index) => requestAt(index, { outputTokens: 1_900 }));
    const { simulation, outcomes, large } = scaled(long, {
      autoscaling: { large: { ...policy, initial: 4, inAfterSamples: 2, targetPerReplica: 50 } },
    });
    simulation.idleUntil(2_500);
    expect([large.count('serving'), large.count('draining')]).toEqual([1, 3]);
    simulation.run();
    simulation.idleUntil(simulation.nowMs + 2_000);
    expect(large.count('draining')).toBe(0);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['served', 'served', 'served', 'served']);
  });

  it('begins new replicas cold', () => {
    const { simulation, large } = scaled(steadyTwelve, { coldStarts: { large: { startMs: 5_000 } } });
    simulation.idleUntil(13_001);
    expect(large.replica(1)!.outstanding).toBe(0);
    const late = scaled([...steadyTwelve, requestAt(14_000, { outputTokens: 2 })], {
      coldStarts: { large: { startMs: 5_000 } },
    });
    late.simulation.run();
    const last = late.outcomes.find(({ request }) => request.arrivalMs === 14_000)!;
    expect(last.kind === 'served' && last.ttftMs).toBeGreaterThan(5_000);
  });

  it('starts with the catalogue’s replicas within the bounds', () => {
    const { initial: _, ...rest } = policy;
    const { large } = scaled([], { autoscaling: { large: rest } });
    expect(large.count('serving')).toBe(2);
  });
});
