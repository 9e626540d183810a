import { describe, expect, test } from 'vitest';
import { availabilityOf } from '../../policy/evaluate/availability.ts';
import { compare, pairsOf, resultOf } from '../../policy/evaluate/comparison.ts';
import { evaluate } from '../../policy/evaluate/evaluation.ts';
import { Arena, type Trial, type TrialResult } from '../../policy/evaluate/trial.ts';

const setting = { fleet: 'some', workload: 'any', durationMs: 60_000 };

function resultWith(measures: Partial<TrialResult>): TrialResult {
  return { requests: 100, utility: 1, onTime: 1, f96: 1, f98: 1, shed: 0, failed: 0, gpus: 4, ...measures };
}

/** Trials with these utilities by scorer, one per seed. */
function trialsWith(utilities: Readonly<Record<string, readonly number[]>>) {
  return {
    run: async ({ scorer, seed }: Trial) => resultWith({ utility: utilities[scorer]![seed - 1]! }),
  };
}

describe('scorers on the same requests', () => {
  test('differences are taken seed by seed: by hand', async () => {
    const trials = trialsWith({ a: [0.5, 0.7, 0.9], b: [0.4, 0.5, 0.6], c: [0.9, 0.7, 0.5] });
    const runs = await compare(trials, setting, ['a', 'b', 'c'], [1, 2, 3]);
    // a − b: 0.1, 0.2, 0.3, standard deviation 0.1; the t quantile with 2 degrees of freedom is 4.30265.
    const reach = (4.302652729749 * 0.1) / Math.sqrt(3);
    const [ab, ac, bc] = pairsOf(runs);
    expect(ab).toEqual({
      a: 'a',
      b: 'b',
      utilityDifference: {
        mean: expect.closeTo(0.2, 12),
        low: expect.closeTo(0.2 - reach, 9),
        high: expect.closeTo(0.2 + reach, 9),
      },
    });
    expect(ac!.utilityDifference.mean).toBeCloseTo(0, 12);
    expect([bc!.a, bc!.b]).toEqual(['b', 'c']);
  });

  test('a result has each measure, and utility per GPU of the GPUs it used', () => {
    const runs = [resultWith({ utility: 0.4, gpus: 8, onTime: 0.5, f96: 0.2, f98: 0.1, shed: 0.3 })];
    const alone = (mean: number) => ({ mean, low: null, high: null });
    expect(resultOf('a', runs)).toEqual({
      scorer: 'a',
      utility: alone(0.4),
      onTime: alone(0.5),
      f96: alone(0.2),
      f98: alone(0.1),
      utilityPerGpu: alone(0.05),
      shed: alone(0.3),
    });
  });
});

describe('availability', () => {
  /** Trials on time up to a rate of each seed's own. */
  function carrying(capacityOf: (seed: number) => number) {
    const rates: number[] = [];
    const run = async ({ setting: { ratePerSecond = 0 }, seed }: Trial) => {
      rates.push(ratePerSecond);
      return resultWith({ onTime: ratePerSecond <= capacityOf(seed) ? 0.995 : 0.98 });
    };
    return { run, rates };
  }

  test.each([0.9, 3, 99, 100, 337, 7_900])(
    'finds %d requests per second to one per cent',
    async (capacity) => {
      const trials = carrying((seed) => capacity * (1 + seed / 50));
      const found = await availabilityOf(trials, setting, 'a', 3);
      found.forEach((rate, index) => {
        const own = capacity * (1 + (index + 1) / 50);
        expect(rate).toBeLessThanOrEqual(own);
        expect(rate).toBeGreaterThan(own / 1.0111);
      });
      expect(trials.rates.length).toBeLessThan(50);
    },
  );

  test('is 0 where not even ten requests a run are on time, and ends where rates end', async () => {
    expect(
      await availabilityOf(
        carrying(() => 0),
        setting,
        'a',
        2,
      ),
    ).toEqual([0, 0]);
    const endless = await availabilityOf(
      carrying(() => Number.POSITIVE_INFINITY),
      setting,
      'a',
      1,
    );
    expect(endless[0]).toBeGreaterThanOrEqual(100_000);
  });

  test('of a tuned scorer is searched with what was found for the workload compared on', async () => {
    const arena = new Arena();
    const asked = { fleet: 'paper-partitioned', workload: 'surge', durationMs: 200 };
    const swept: Trial[] = [];
    const trials = {
      run: async (trial: Trial) => {
        if (trial.setting.workload === 'stable') swept.push(trial);
        return { ...arena.measures(trial), onTime: 0 };
      },
    };
    const options = { setting: asked, scorers: ['shadow-price-tuned'], seeds: 1, availability: true };
    const { results } = await evaluate(trials, asked, options);
    expect(results[0]!.availabilityRps?.mean).toBe(0);
    expect(swept[0]!.setting).toEqual({
      ...asked,
      workload: 'stable',
      tunedFor: 'surge',
      ratePerSecond: 100,
    });
  });
});
