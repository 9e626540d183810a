import { describe, expect, test } from 'vitest';
import { chatTasks, familyOf, paperTasks } from '../../policy/workloads/families.ts';
import { generate, withTasks } from '../../policy/workloads/generate.ts';
import {
  empiricalTokens,
  histogramTokens,
  independent,
  type LengthLaw,
  lognormalTokens,
  observedTogether,
  uniformTokens,
} from '../../policy/workloads/lengths.ts';
import { namedWorkload, workloadNames } from '../../policy/workloads/named.ts';
import type { WorkloadRequest } from '../../policy/workloads/request.ts';
import { compressed, until } from '../../policy/workloads/reshape.ts';
import { type Random, seededRandom } from '../../src/platform/random.ts';

describe('lengths', () => {
  test('uniform: both ends occur, nothing beyond them, mean in the middle', () => {
    const lengths = sample(uniformTokens(60, 180), 50_000);
    expect(Math.min(...lengths)).toBe(60);
    expect(Math.max(...lengths)).toBe(180);
    expect(mean(lengths) / 120).toBeCloseTo(1, 2);
  });

  test('lognormal: the stated mean and spread', () => {
    const lengths = sample(lognormalTokens({ mean: 211, sigma: 0.86, max: 100_000 }), 200_000);
    expect(mean(lengths) / 211).toBeCloseTo(1, 1);
    const logs = lengths.map(Math.log);
    const centre = mean(logs);
    const spread = Math.sqrt(mean(logs.map((log) => (log - centre) ** 2)));
    expect(spread).toBeCloseTo(0.86, 1);
  });

  test('lognormal: whole numbers within 1 and the maximum', () => {
    const lengths = sample(lognormalTokens({ mean: 3, sigma: 2, max: 50 }), 10_000);
    expect(Math.min(...lengths)).toBe(1);
    expect(Math.max(...lengths)).toBe(50);
    expect(lengths.every(Number.isInteger)).toBe(true);
  });

  test('empirical: observed values at their frequency', () => {
    const lengths = sample(empiricalTokens([5, 5, 5, 9]), 40_000);
    expect(new Set(lengths)).toEqual(new Set([5, 9]));
    expect(lengths.filter((length) => length === 5).length / lengths.length).toBeCloseTo(0.75, 2);
  });

  test('histogram: bins at their probability, never a length of 0', () => {
    const bins = [
      { low: 0, highExclusive: 2, probability: 0.2 },
      { low: 2, highExclusive: 10, probability: 0 },
      { low: 10, highExclusive: 12, probability: 0.6 },
    ];
    const lengths = sample(histogramTokens(bins), 40_000);
    expect(new Set(lengths)).toEqual(new Set([1, 10, 11]));
    expect(lengths.filter((length) => length === 1).length / lengths.length).toBeCloseTo(0.25, 2);
  });

  test('observed together: prompts keep their answers', () => {
    const observed = [
      { promptTokens: 10, outputTokens: 1 },
      { promptTokens: 20, outputTokens: 2 },
    ];
    const drawn = Array.from({ length: 100 }, draws(observedTogether(observed)));
    expect(drawn.every(({ promptTokens, outputTokens }) => promptTokens === 10 * outputTokens)).toBe(true);
    expect(new Set(drawn.map(({ promptTokens }) => promptTokens))).toEqual(new Set([10, 20]));
    expect(() => observedTogether([])).toThrow('at least one observed length');
  });

  test('nothing to draw from is refused', () => {
    expect(() => empiricalTokens([])).toThrow('at least one observed length');
    expect(() => histogramTokens([{ low: 0, highExclusive: 1, probability: 0 }])).toThrow(
      'positive probability',
    );
  });
});

describe('named workloads', () => {
  const durationMs = 3_600_000;

  test.each(workloadNames)('%s: the asked mean rate, whatever the range', (name) => {
    const ratePerSecond = 6;
    const requests = made(namedWorkload({ name, profiles: chatTasks, durationMs, ratePerSecond }), 5);
    // An hour holds some 330 regimes; the mean of their rates is then within a fifth of the true one.
    expect(requests.length / (3_600 * ratePerSecond)).toBeGreaterThan(0.8);
    expect(requests.length / (3_600 * ratePerSecond)).toBeLessThan(1.2);
  });

  test.each([
    ['stable', 200],
    ['storm', 430],
    ['surge', 357],
  ] as const)("%s: the benchmark's own rate when none is asked for", (name, ratePerSecond) => {
    const options = { name, profiles: chatTasks, durationMs: 20_000 };
    const own = made(namedWorkload(options), 5);
    const asked = made(namedWorkload({ ...options, ratePerSecond }), 5);
    expect(own.length / asked.length).toBeCloseTo(1, 2);
  });

  test('stable: every task of the family, equally often, at its own lengths', () => {
    const requests = made(namedWorkload({ name: 'stable', profiles: paperTasks, durationMs: 100_000 }), 1);
    for (const task of Object.keys(paperTasks)) {
      const ofTask = requests.filter((request) => request.task === task);
      expect(ofTask.length / requests.length).toBeCloseTo(0.25, 1);
    }
    const copa = requests.filter((request) => request.task === 'copa');
    expect(Math.max(...copa.map((request) => request.promptTokens))).toBe(60);
    expect(Math.max(...copa.map((request) => request.outputTokens))).toBe(12);
  });

  test('the same seed gives the same requests; other lengths leave arrivals and tasks as they were', () => {
    const profiles = { a: profile(10), b: profile(20) };
    const longer = { a: profile(100), b: profile(200) };
    const of = (which: typeof profiles) =>
      made(namedWorkload({ name: 'storm', profiles: which, durationMs: 10_000 }), 9);
    expect(of(profiles)).toEqual(of(profiles));
    const when = (requests: WorkloadRequest[]) =>
      requests.map(({ arrivalMs, task }) => ({ arrivalMs, task }));
    expect(when(of(longer))).toEqual(when(of(profiles)));
    expect(of(longer)).not.toEqual(of(profiles));
  });

  test("a profile's class reaches its requests", () => {
    const profiles = { a: { ...profile(10), class: 'batch' as const } };
    const requests = made(namedWorkload({ name: 'stable', profiles, durationMs: 1_000 }), 2);
    expect(new Set(requests.map((request) => request.class))).toEqual(new Set(['batch']));
  });

  test('a task in the mix without a profile is an error that names it', () => {
    const recipe = namedWorkload({ name: 'stable', profiles: { a: profile(10) }, durationMs: 1_000 });
    expect(() => [...generate({ ...recipe, profiles: { b: profile(1) } }, seededRandom(1))]).toThrow(
      'no profile for task "a"; known: b',
    );
  });
});

describe('families', () => {
  test('a known task brings its family', () => {
    expect(familyOf('piqa')).toBe(paperTasks);
    expect(familyOf('gsm8k')).toBe(chatTasks);
  });

  test('any other task stands alone', () => {
    expect(Object.keys(familyOf('summaries'))).toEqual(['summaries']);
  });
});

describe('recorded requests', () => {
  const recorded = [0, 1_000, 4_000].map((arrivalMs) => ({ arrivalMs, promptTokens: 7, outputTokens: 3 }));

  test('compression moves arrivals and nothing else', () => {
    expect([...compressed(recorded, 4)]).toEqual([
      { arrivalMs: 0, promptTokens: 7, outputTokens: 3 },
      { arrivalMs: 250, promptTokens: 7, outputTokens: 3 },
      { arrivalMs: 1_000, promptTokens: 7, outputTokens: 3 },
    ]);
  });

  test('a duration ends before the first request that is not inside it', () => {
    expect([...until(recorded, 4_000)].map((request) => request.arrivalMs)).toEqual([0, 1_000]);
  });

  test('tasks are drawn by share', () => {
    const many = Array.from({ length: 20_000 }, () => recorded[0]!);
    const tasks = [...withTasks(many, { a: 3, b: 1 }, seededRandom(6))].map((request) => request.task);
    expect(tasks.filter((task) => task === 'a').length / tasks.length).toBeCloseTo(0.75, 1);
  });
});

function profile(tokens: number) {
  return { lengths: independent(uniformTokens(1, tokens), uniformTokens(1, tokens)) };
}

function made(recipe: Parameters<typeof generate>[0], seed: number): WorkloadRequest[] {
  return [...generate(recipe, seededRandom(seed))];
}

function draws<T>(law: (random: Random) => T): () => T {
  const random = seededRandom(12);
  return () => law(random);
}

function sample(law: LengthLaw, count: number): number[] {
  return Array.from({ length: count }, draws(law));
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
