import { describe, expect, it } from 'vitest';
import { namedFleet } from '../../policy/arena/named-fleets.ts';
import type { Outcome } from '../../policy/arena/simulation.ts';
import { rewardOf, rewardRows } from '../../policy/environment/reward.ts';
import type { Variant } from '../../src/routing/catalogue.ts';

const [first] = namedFleet('paper-partitioned').catalogue.variants;
const request = { arrivalMs: 0, task: 'piqa', promptTokens: 1_000, outputTokens: 21 };
const promised = { class: 'standard', slo: { e2eMs: 600, ttftMs: 200 } } as const;
const quality = first!.quality.piqa!;

function served(
  times: { ttftMs?: number; tpotMs?: number; e2eMs?: number },
  changes: Partial<Variant> = {},
): Outcome {
  const { ttftMs = 100, tpotMs = 10, e2eMs = 300 } = times;
  const variant = { ...first!, ...changes };
  return { id: 0, request, kind: 'served', variant, ttftMs, tpotMs, e2eMs, onTime: true };
}

describe('the reward', () => {
  it('of a hard deadline is the quality until then, and nothing from then on', () => {
    const { hard } = rewardRows;
    expect(rewardOf(served({ e2eMs: 600 }), promised, hard)).toBe(quality);
    expect(rewardOf(served({ e2eMs: 600.1 }), promised, hard)).toBe(0);
    expect(rewardOf(served({ ttftMs: 201 }), promised, hard)).toBe(0);
  });

  it('of a soft deadline decays from it on, by the bound that is missed the most', () => {
    const { soft } = rewardRows;
    expect(rewardOf(served({ e2eMs: 600 }), promised, soft)).toBe(quality);
    expect(rewardOf(served({ e2eMs: 1_200 }), promised, soft)).toBeCloseTo(quality / 4, 12);
    expect(rewardOf(served({ e2eMs: 900 }), promised, soft)).toBeCloseTo(quality / 2, 12);
    expect(rewardOf(served({ e2eMs: 900, ttftMs: 400 }), promised, soft)).toBeCloseTo(quality / 4, 12);
    expect(rewardOf(served({ tpotMs: 90 }), { ...promised, slo: { tpotMs: 60 } }, soft)).toBeCloseTo(
      quality / 2,
      12,
    );
  });

  it('of a whole answer decays from when a stream that keeps its bounds would have ended', () => {
    const { soft } = rewardRows;
    const slo = { ttftMs: 200, tpotMs: 20 };
    const whole = (e2eMs: number) =>
      ({ ...served({ e2eMs }), ttftMs: undefined, tpotMs: undefined }) as Outcome;
    expect(rewardOf(whole(600), { ...promised, slo }, soft)).toBe(quality);
    expect(rewardOf(whole(900), { ...promised, slo }, soft)).toBeCloseTo(quality / 2, 12);
  });

  it('knows no deadline where none was promised', () => {
    expect(rewardOf(served({ e2eMs: 1e6 }), { ...promised, slo: {} }, rewardRows.hard)).toBe(quality);
  });

  it('is less by what the tokens cost, late or not', () => {
    const price = { inputPerMillion: 0.5, outputPerMillion: 100 };
    // 1,000 × 0.5 + 21 × 100 dollars per million: 0.0026 dollars.
    const cost = 0.26;
    expect(rewardOf(served({}, { price }), promised, rewardRows.cost)).toBeCloseTo(quality - cost, 12);
    expect(rewardOf(served({ e2eMs: 601 }, { price }), promised, rewardRows.cost)).toBeCloseTo(-cost, 12);
    const capped = served({}, { price, parameters: { maxOutputTokens: 1 } });
    expect(rewardOf(capped, promised, rewardRows.cost)).toBeCloseTo(quality - 0.06, 12);
    expect(rewardOf(served({}), promised, rewardRows.cost)).toBe(quality);
  });

  it('weighs classes', () => {
    const of = (name: 'interactive' | 'standard' | 'batch') =>
      rewardOf(served({}), { ...promised, class: name }, rewardRows.classes);
    expect([of('interactive'), of('standard'), of('batch')]).toEqual([2 * quality, quality, quality / 4]);
  });

  it('is nothing for a request that got no answer', () => {
    for (const kind of ['shed', 'failed'] as const)
      for (const row of Object.values(rewardRows))
        expect(rewardOf({ id: 0, request, kind }, promised, row)).toBe(0);
  });
});
