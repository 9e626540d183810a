import { describe, expect, test } from 'vitest';
import { arrivals } from '../../policy/workloads/arrivals.ts';
import { equalShares, type Phase, randomShares, regimes, steady } from '../../policy/workloads/phases.ts';
import { exponential, gamma, logUniform, uniform } from '../../policy/workloads/variates.ts';
import { seededRandom } from '../../src/platform/random.ts';

const shares = equalShares(['a', 'b']);

describe('arrivals at a steady rate', () => {
  test.each([
    { law: 'Poisson', gap: exponential, cv: 1, within: 0.02 },
    { law: 'Gamma, smooth', gap: gamma(0.5), cv: 0.5, within: 0.02 },
    { law: 'Gamma, bursty', gap: gamma(2), cv: 2, within: 0.05 },
    { law: 'Gamma, as bursty as the Azure code trace', gap: gamma(13), cv: 13, within: 0.2 },
  ])('$law: mean gap 1/rate, coefficient of variation $cv', ({ gap, cv, within }) => {
    const gaps = gapsOf(arrivals(steady(50, shares), gap, seededRandom(7)), 200_000);
    const { mean, deviation } = moments(gaps);
    // Five standard errors of the mean: wrong by chance once in two million seeds, and the seed is fixed.
    expect(Math.abs(mean - 20)).toBeLessThan((5 * 20 * cv) / Math.sqrt(gaps.length));
    expect(Math.abs(deviation / mean / cv - 1)).toBeLessThan(within);
  });

  test('the same seed gives the same arrivals, another one others', () => {
    const take = (seed: number) => gapsOf(arrivals(steady(50, shares), exponential, seededRandom(seed)), 100);
    expect(take(1)).toEqual(take(1));
    expect(take(1)).not.toEqual(take(2));
  });

  test('a rate of zero is refused by name and value', () => {
    expect(() => [...steady(0, shares)]).toThrow('ratePerSecond must be above 0, got 0');
  });
});

describe('arrivals over changing phases', () => {
  const phases: Phase[] = [
    { durationMs: 50_000, ratePerSecond: 100, shares },
    { durationMs: 20_000, ratePerSecond: 0, shares },
    { durationMs: 30_000, ratePerSecond: 1_000, shares },
  ];

  test('each phase gets its own rate, and none at rate 0', () => {
    const seen = [...arrivals(phases, exponential, seededRandom(3))];
    for (const phase of phases) {
      const expected = (phase.ratePerSecond * phase.durationMs) / 1000;
      const count = seen.filter((arrival) => arrival.phase === phase).length;
      expect(Math.abs(count - expected)).toBeLessThanOrEqual(5 * Math.sqrt(expected));
    }
  });

  test('arrivals come in order and within their phase', () => {
    const starts = new Map([
      [phases[0], 0],
      [phases[2], 70_000],
    ]);
    let previous = 0;
    for (const { atMs, phase } of arrivals(phases, gamma(3), seededRandom(4))) {
      const start = starts.get(phase)!;
      expect(atMs).toBeGreaterThanOrEqual(Math.max(previous, start));
      expect(atMs).toBeLessThanOrEqual(start + phase.durationMs);
      previous = atMs;
    }
  });

  test('a constant gap shows the time change exactly: it crosses a phase border at the new rate', () => {
    const border: Phase[] = [
      { durationMs: 1_500, ratePerSecond: 1, shares },
      { durationMs: 1_000, ratePerSecond: 2, shares },
    ];
    const at = [...arrivals(border, () => 1, seededRandom(0))].map((arrival) => arrival.atMs);
    expect(at).toEqual([1_000, 1_750, 2_250]);
  });
});

describe('regimes', () => {
  const drawn = take(
    regimes(
      {
        durationMs: uniform(2_000, 20_000),
        ratePerSecond: logUniform(20, 2_000),
        tasks: ['a', 'b', 'c', 'd'],
      },
      seededRandom(11),
    ),
    20_000,
  );

  test('last 2 to 20 s, 11 on average', () => {
    const durations = drawn.map((phase) => phase.durationMs);
    expect(Math.min(...durations)).toBeGreaterThanOrEqual(2_000);
    expect(Math.max(...durations)).toBeLessThan(20_000);
    expect(moments(durations).mean / 11_000).toBeCloseTo(1, 1);
  });

  test('rates are log-uniform: a half of them in each decade', () => {
    const low = drawn.filter((phase) => phase.ratePerSecond < 200).length;
    expect(low / drawn.length).toBeCloseTo(0.5, 1);
    const { mean } = moments(drawn.map((phase) => phase.ratePerSecond));
    expect(mean / (1_980 / Math.log(100))).toBeCloseTo(1, 1);
  });

  test('task shares sum to 1, are equal on average and differ between regimes', () => {
    const ofA = drawn.map((phase) => phase.shares.a!);
    for (const phase of drawn.slice(0, 100)) expect(sum(Object.values(phase.shares))).toBeCloseTo(1, 12);
    expect(moments(ofA).mean).toBeCloseTo(0.25, 2);
    // Of a flat Dirichlet over four: a Beta(1, 3).
    expect(moments(ofA).deviation).toBeCloseTo(Math.sqrt(3 / 80), 2);
  });

  test('one task alone has the whole share', () => {
    expect(randomShares(['a'], seededRandom(1))).toEqual({ a: 1 });
  });
});

function gapsOf(stream: Iterable<{ atMs: number }>, count: number): number[] {
  const at = [0, ...take(stream, count).map((arrival) => arrival.atMs)];
  return at.slice(1).map((now, index) => now - at[index]!);
}

function take<T>(items: Iterable<T>, count: number): T[] {
  const taken: T[] = [];
  for (const item of items) {
    taken.push(item);
    if (taken.length === count) break;
  }
  return taken;
}

function moments(values: readonly number[]): { mean: number; deviation: number } {
  const mean = sum(values) / values.length;
  return { mean, deviation: Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / values.length) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
