import { describe, expect, test } from 'vitest';
import {
  equalShares,
  fixedMix,
  mixPerPhase,
  type Phase,
  randomShares,
  redrawnMix,
  shiftingMix,
} from '../../policy/workloads/mix.ts';
import type { RatePhase } from '../../policy/workloads/phases.ts';
import { uniform } from '../../policy/workloads/variates.ts';
import { seededRandom } from '../../src/platform/random.ts';

const tasks = ['a', 'b', 'c', 'd'];
const endless: RatePhase[] = [{ durationMs: Number.POSITIVE_INFINITY, ratePerSecond: 5 }];

describe('shares', () => {
  test('equal ones', () => {
    expect(equalShares(tasks)).toEqual({ a: 0.25, b: 0.25, c: 0.25, d: 0.25 });
  });

  test('random ones sum to 1, are equal on average and spread as a flat Dirichlet', () => {
    const random = seededRandom(11);
    const drawn = Array.from({ length: 20_000 }, () => randomShares(tasks, random));
    for (const shares of drawn.slice(0, 100)) expect(sum(Object.values(shares))).toBeCloseTo(1, 12);
    const ofA = drawn.map((shares) => shares.a!);
    const mean = sum(ofA) / ofA.length;
    expect(mean).toBeCloseTo(0.25, 2);
    // Each share of a flat Dirichlet over four is a Beta(1, 3).
    expect(Math.sqrt(sum(ofA.map((share) => (share - mean) ** 2)) / ofA.length)).toBeCloseTo(
      Math.sqrt(3 / 80),
      2,
    );
  });

  test('one task alone has the whole share', () => {
    expect(randomShares(['a'], seededRandom(1))).toEqual({ a: 1 });
  });
});

describe('a mix over time', () => {
  test('fixed: the same shares in every phase, which stay as they were', () => {
    const phases: RatePhase[] = [
      { durationMs: 1, ratePerSecond: 2 },
      { durationMs: 3, ratePerSecond: 4 },
    ];
    const shares = { a: 1, b: 2 };
    expect([...fixedMix(shares)(phases, seededRandom(1))]).toEqual(
      phases.map((phase) => ({ ...phase, shares })),
    );
  });

  test('per phase: shares of its own for each', () => {
    const phases = Array.from({ length: 3 }, () => ({ durationMs: 1, ratePerSecond: 2 }));
    const shares = [...mixPerPhase(tasks)(phases, seededRandom(1))].map((phase) => phase.shares);
    expect(new Set(shares.map((own) => own.a)).size).toBe(3);
  });

  test('redrawn: changes at times of its own, whatever the rate does', () => {
    const phases: RatePhase[] = [
      { durationMs: 25, ratePerSecond: 1 },
      { durationMs: 15, ratePerSecond: 2 },
    ];
    const cut = [...redrawnMix(tasks, uniform(10, 10))(phases, seededRandom(1))];
    expect(cut.map(({ durationMs, ratePerSecond }) => [durationMs, ratePerSecond])).toEqual([
      [10, 1],
      [10, 1],
      [5, 1],
      [5, 2],
      [10, 2],
    ]);
    // The phases' border cuts a stretch in two of the same shares.
    expect(cut[2]!.shares).toBe(cut[3]!.shares);
    expect(new Set(cut.map((phase) => phase.shares.a)).size).toBe(4);
  });

  test('shifting: straight from point to point, constant before the first and after the last', () => {
    const mix = shiftingMix([
      { atMs: 5_000, shares: { a: 3, b: 1 } },
      { atMs: 15_000, shares: { b: 2 } },
    ]);
    const cut = [...mix(endless, seededRandom(1))];
    expect(shareAt(cut, 0)).toBe(0.75);
    expect(shareAt(cut, 4_999)).toBe(0.75);
    // The middle of the second from 9.5 s to 10.5 s would be half way; steps are a second long from 5 s on.
    expect(shareAt(cut, 9_500)).toBeCloseTo(0.75 * 0.55, 12);
    expect(shareAt(cut, 14_999)).toBeCloseTo(0.75 * 0.05, 12);
    expect(shareAt(cut, 15_001)).toBe(0);
    expect(shareAt(cut, 1e9)).toBe(0);
  });

  test('shifting over a year: the first minute costs a minute', () => {
    const yearMs = 366 * 86_400_000;
    const mix = shiftingMix([
      { atMs: 0, shares: { a: 1 } },
      { atMs: yearMs, shares: { b: 1 } },
    ]);
    const phases = mix([{ durationMs: 60_000, ratePerSecond: 1 }], seededRandom(1));
    expect([...phases]).toHaveLength(60);
  });
});

/** Share of task `a` at an instant. */
function shareAt(phases: readonly Phase[], atMs: number): number {
  let endMs = 0;
  for (const { durationMs, shares } of phases) {
    endMs += durationMs;
    if (atMs < endMs) return shares.a ?? 0;
  }
  throw new Error(`nothing at ${atMs}`);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
