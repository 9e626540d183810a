import { describe, expect, test } from 'vitest';
import { arrivals } from '../../policy/workloads/arrivals.ts';
import {
  type GapLaw,
  gammaGaps,
  poissonGaps,
  regularGaps,
  weibullGaps,
} from '../../policy/workloads/gaps.ts';
import { cycled, markovModulated, type RatePhase, regimes, steady } from '../../policy/workloads/phases.ts';
import { logUniform, uniform } from '../../policy/workloads/variates.ts';
import { seededRandom } from '../../src/platform/random.ts';

describe('arrivals at a steady rate', () => {
  test.each([
    { law: 'Poisson', process: poissonGaps, cv: 1, within: 0.02 },
    { law: 'Gamma, smooth', process: gammaGaps(0.5), cv: 0.5, within: 0.02 },
    { law: 'Gamma, bursty', process: gammaGaps(2), cv: 2, within: 0.05 },
    { law: 'Gamma, as bursty as the Azure code trace', process: gammaGaps(13), cv: 13, within: 0.2 },
    { law: 'Weibull, smooth', process: weibullGaps(2), cv: weibullCv(2), within: 0.02 },
    { law: 'Weibull, exponential', process: weibullGaps(1), cv: 1, within: 0.02 },
    { law: 'Weibull, bursty', process: weibullGaps(0.5), cv: weibullCv(0.5), within: 0.1 },
  ])('$law: mean gap 1/rate, coefficient of variation $cv', ({ process, cv, within }) => {
    const gaps = gapsOf(arrivals(steady(50), process, seededRandom(7)), 200_000);
    const { mean, deviation } = moments(gaps);
    // Five standard errors of the mean: wrong by chance once in two million seeds, and the seed is fixed.
    expect(Math.abs(mean - 20)).toBeLessThan((5 * 20 * cv) / Math.sqrt(gaps.length));
    expect(Math.abs(deviation / mean / cv - 1)).toBeLessThan(within);
  });

  test('regular arrivals are a gap apart, and begin anywhere within one', () => {
    const gaps = gapsOf(arrivals(steady(50), regularGaps, seededRandom(7)), 100);
    expect(gaps[0]).toBeLessThan(20);
    for (const gap of gaps.slice(1)) expect(gap).toBeCloseTo(20, 9);
  });

  test.each([
    { law: 'Gamma', process: gammaGaps(3) },
    { law: 'Weibull', process: weibullGaps(0.45) },
    { law: 'regular', process: regularGaps },
  ])('$law: the rate holds from the first moment on, however bursty', ({ process }) => {
    // A tenth of a mean gap, over many runs: one that began with a fresh gap would have far more arrivals in it.
    const runs = 100_000;
    const phases = [{ durationMs: 100, ratePerSecond: 1 }];
    const counts = Array.from({ length: runs }, (_, seed) =>
      count(arrivals(phases, process, seededRandom(seed))),
    );
    const { mean, deviation } = moments(counts);
    expect(Math.abs(mean - 0.1)).toBeLessThan((5 * deviation) / Math.sqrt(runs));
  });

  test('the same seed gives the same arrivals, another one others', () => {
    const take = (seed: number) => gapsOf(arrivals(steady(50), poissonGaps, seededRandom(seed)), 100);
    expect(take(1)).toEqual(take(1));
    expect(take(1)).not.toEqual(take(2));
  });

  test('a rate of zero is refused by name and value', () => {
    expect(() => [...steady(0)]).toThrow('ratePerSecond must be above 0, got 0');
  });
});

describe('arrivals over changing phases', () => {
  const phases: RatePhase[] = [
    { durationMs: 50_000, ratePerSecond: 100 },
    { durationMs: 20_000, ratePerSecond: 0 },
    { durationMs: 30_000, ratePerSecond: 1_000 },
  ];

  test('each phase gets its own rate, and none at rate 0', () => {
    const seen = [...arrivals(phases, poissonGaps, seededRandom(3))];
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
    for (const { atMs, phase } of arrivals(phases, gammaGaps(3), seededRandom(4))) {
      const start = starts.get(phase)!;
      expect(atMs).toBeGreaterThanOrEqual(Math.max(previous, start));
      expect(atMs).toBeLessThanOrEqual(start + phase.durationMs);
      previous = atMs;
    }
  });

  test('a constant gap shows the time change exactly: it crosses a phase border at the new rate', () => {
    const border: RatePhase[] = [
      { durationMs: 1_500, ratePerSecond: 1 },
      { durationMs: 1_000, ratePerSecond: 2 },
    ];
    const constant: GapLaw = { gap: () => 1, residual: () => 1 };
    const at = [...arrivals(border, constant, seededRandom(0))].map((arrival) => arrival.atMs);
    expect(at).toEqual([1_000, 1_750, 2_250]);
  });
});

describe('regimes', () => {
  const drawn = take(
    regimes({ durationMs: uniform(2_000, 20_000), ratePerSecond: logUniform(20, 2_000) }, seededRandom(11)),
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
});

describe('a Markov-modulated process', () => {
  const states = [
    { ratePerSecond: 100, meanDurationMs: 10_000 },
    { ratePerSecond: 1_000, meanDurationMs: 5_000 },
    { ratePerSecond: 0, meanDurationMs: 25_000 },
  ];
  const drawn = take(markovModulated(states, seededRandom(5)), 60_000);

  test('stays in each state for an exponential time of the stated mean', () => {
    for (const { ratePerSecond, meanDurationMs } of states) {
      const durations = drawn
        .filter((phase) => phase.ratePerSecond === ratePerSecond)
        .map((phase) => phase.durationMs);
      const { mean, deviation } = moments(durations);
      expect(mean / meanDurationMs).toBeCloseTo(1, 1);
      expect(deviation / mean).toBeCloseTo(1, 1);
    }
  });

  test('leaves a state for any of the others alike, never for itself', () => {
    const next = drawn.slice(1).filter((_, index) => drawn[index]!.ratePerSecond === 100);
    expect(next.filter((phase) => phase.ratePerSecond === 100)).toEqual([]);
    expect(next.filter((phase) => phase.ratePerSecond === 1_000).length / next.length).toBeCloseTo(0.5, 1);
  });

  test('begins in a state by the time it spends there, so its mean rate holds from the start', () => {
    const runs = 20_000;
    const first = Array.from(
      { length: runs },
      (_, seed) => take(markovModulated(states, seededRandom(seed)), 1)[0]!,
    );
    expect(first.filter((phase) => phase.ratePerSecond === 0).length / runs).toBeCloseTo(25 / 40, 1);
  });

  test('its mean rate is that of its states by the time spent in each', () => {
    const requests = sum(drawn.map(({ durationMs, ratePerSecond }) => durationMs * ratePerSecond));
    expect(requests / sum(drawn.map((phase) => phase.durationMs)) / (60_000 / 400)).toBeCloseTo(1, 1);
  });

  test('its arrivals are far burstier than Poisson', () => {
    const at = take(arrivals(drawn, poissonGaps, seededRandom(6)), 100_000).map((arrival) => arrival.atMs);
    const gaps = at.slice(1).map((now, index) => now - at[index]!);
    const { mean, deviation } = moments(gaps);
    expect(deviation / mean).toBeGreaterThan(5);
  });
});

test('a schedule goes round and round', () => {
  const phases: RatePhase[] = [
    { durationMs: 1, ratePerSecond: 5 },
    { durationMs: 2, ratePerSecond: 7 },
  ];
  expect(take(cycled(phases), 5).map((phase) => phase.ratePerSecond)).toEqual([5, 7, 5, 7, 5]);
});

/** Γ(1 + 2/k) / Γ(1 + 1/k)² − 1 under the root; for 2 and 0.5 in closed form. */
function weibullCv(shape: 2 | 0.5): number {
  return shape === 2 ? Math.sqrt(4 / Math.PI - 1) : Math.sqrt(24 / 4 - 1);
}

function count(items: Iterable<unknown>): number {
  let total = 0;
  for (const _ of items) total++;
  return total;
}

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
