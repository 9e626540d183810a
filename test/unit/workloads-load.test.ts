import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bundledWorkloads } from '../../policy/workloads/file/bundled.ts';
import type { WorkloadInput } from '../../policy/workloads/file/document.ts';
import { type LoadOptions, loadWorkload, type Workload } from '../../policy/workloads/load.ts';
import type { WorkloadRequest } from '../../policy/workloads/request.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const generatedNames = Object.entries(bundledWorkloads)
  .filter(([, { arrivals }]) => arrivals.kind !== 'trace' && arrivals.kind !== 'servegen')
  .map(([name]) => name);
const steady: WorkloadInput = { durationS: 60, arrivals: { kind: 'steady', requestsPerSecond: 50 } };

describe('bundled workloads', () => {
  test.each(generatedNames)('%s: the same bytes for the same seed, others for another', (name) => {
    const text = (seed: number) => JSON.stringify(some(loadWorkload(name), seed));
    expect(text(3)).toBe(text(3));
    expect(text(3)).not.toBe(text(4));
  });

  test.each(generatedNames)('%s: in order, within its duration, of its tasks, as fast as it says', (name) => {
    const workload = loadWorkload(name, {
      tasks: ['gsm8k', 'math'],
      durationMs: 1_800_000,
      ratePerSecond: 20,
    });
    const requests = [...workload.requests(5)];
    expect(requests.every(({ arrivalMs }, index) => arrivalMs >= (requests[index - 1]?.arrivalMs ?? 0))).toBe(
      true,
    );
    expect(requests.at(-1)!.arrivalMs).toBeLessThan(1_800_000);
    expect(new Set(requests.map(({ task }) => task))).toEqual(new Set(['gsm8k', 'math']));
    expect(workload.meanRatePerSecond).toBe(20);
    // Half an hour holds 160 regimes; their mean rate is then within a quarter of the true one.
    expect(requests.length / 1_800 / 20).toBeGreaterThan(0.75);
    expect(requests.length / 1_800 / 20).toBeLessThan(1.25);
  });

  test('requests can be iterated again, and several seeds at once', () => {
    const workload = loadWorkload('surge');
    const requests = workload.requests(1);
    const [first, other] = [requests[Symbol.iterator](), workload.requests(2)[Symbol.iterator]()];
    const alternating = Array.from({ length: 50 }, () => [first.next().value, other.next().value] as const);
    expect(alternating.map(([request]) => request)).toEqual(some(workload, 1, 50));
    expect(some(workload, 1, 50)).toEqual(some(workload, 1, 50));
  });

  test('their own rates are the benchmark’s', () => {
    const rate = (name: string) => loadWorkload(name).meanRatePerSecond;
    expect(rate('stable')).toBe(200);
    expect(rate('storm')).toBeCloseTo(430, 0);
    expect(rate('surge')).toBeCloseTo(357, 0);
    expect(rate('markov')).toBeCloseTo(300, 9);
    expect(rate('spike')).toBeCloseTo(275, 9);
  });

  test('spike: its wave comes at the same time for every seed', () => {
    const requests = [...loadWorkload('spike').requests(8)];
    const inWave = requests.filter(({ arrivalMs }) => arrivalMs >= 40_000 && arrivalMs < 60_000).length;
    expect(Math.abs(inWave - 18_000)).toBeLessThan(5 * Math.sqrt(18_000));
    expect(Math.abs(requests.length - inWave - 15_000)).toBeLessThan(5 * Math.sqrt(15_000));
  });
});

describe('heavy twins and predictions', () => {
  const without = ({ arrivalMs, task, promptTokens }: WorkloadRequest) => ({ arrivalMs, task, promptTokens });

  test.each(['storm', 'surge'])('%s-heavy is the same but for the output lengths', (name) => {
    const [plain, heavy] = [some(loadWorkload(name), 7), some(loadWorkload(`${name}-heavy`), 7)];
    expect(heavy.map(without)).toEqual(plain.map(without));
    expect(heavy.every(({ outputTokens }) => Number.isInteger(outputTokens) && outputTokens >= 1)).toBe(true);
  });

  test('output lengths are multiplied by 0.8 times a lognormal of sigma 0.8', async () => {
    // Lengths so long that rounding does not matter.
    const long = await fileOf({
      ...steady,
      durationS: 4_000,
      lengths: { kind: 'independent', promptTokens: tokens(1), outputTokens: tokens(100_000) },
      outputFactor: bundledWorkloads['storm-heavy'].outputFactor,
    });
    const logs = [...loadWorkload(long).requests(1)].map((request) =>
      Math.log(request.outputTokens / 100_000),
    );
    const { mean, deviation } = moments(logs);
    expect(mean).toBeCloseTo(Math.log(0.8), 2);
    expect(deviation).toBeCloseTo(0.8, 2);
  });

  test('a prediction of any error leaves everything else as it was', () => {
    const of = (predictionSigma: LoadOptions['predictionSigma']) =>
      some(loadWorkload('storm-heavy', { predictionSigma }), 7);
    const plain = of('none');
    expect(plain.every((request) => !('predictedOutputTokens' in request))).toBe(true);
    for (const sigma of [0, 0.3, 0.6]) {
      const stripped = of(sigma).map(({ predictedOutputTokens: _, ...request }) => request);
      expect(stripped).toEqual(plain);
    }
  });

  test('without error it is the length itself; with error it is off by the stated sigma, neither long nor short', async () => {
    const exact = some(loadWorkload('storm-heavy', { predictionSigma: 0 }), 2);
    expect(exact.every((request) => request.predictedOutputTokens === request.outputTokens)).toBe(true);
    const long = await fileOf({
      ...steady,
      durationS: 4_000,
      lengths: { kind: 'independent', promptTokens: tokens(1), outputTokens: tokens(100_000) },
      predictions: { sigma: 0.6 },
    });
    const errors = [...loadWorkload(long).requests(1)].map((request) =>
      Math.log(request.predictedOutputTokens! / request.outputTokens),
    );
    const { mean, deviation } = moments(errors);
    expect(Math.abs(mean)).toBeLessThan((5 * 0.6) / Math.sqrt(errors.length));
    expect(deviation).toBeCloseTo(0.6, 2);
  });

  test('predictions of different error are the same draws, scaled', async () => {
    const lengths = { kind: 'independent', promptTokens: tokens(1), outputTokens: tokens(100_000) } as const;
    const file = await fileOf({ ...steady, lengths });
    const of = (predictionSigma: number) =>
      some(loadWorkload(file, { predictionSigma }), 4).map((request) =>
        Math.log(request.predictedOutputTokens! / request.outputTokens),
      );
    const [small, large] = [of(0.3), of(0.6)];
    // But for the rounding to whole tokens.
    for (const [index, error] of small.entries()) expect(large[index]! - 2 * error).toBeCloseTo(0, 3);
  });
});

describe('workload files', () => {
  test('arrivals, mix, lengths and predictions compose, and draw apart', async () => {
    const base: WorkloadInput = {
      durationS: 20,
      arrivals: {
        kind: 'steady',
        requestsPerSecond: 100,
        gaps: { kind: 'weibull', shape: 0.5 },
      },
      tasks: { a: { class: 'batch' }, b: {} },
      mix: { kind: 'fixed', shares: { a: 3, b: 1 } },
      lengths: {
        kind: 'independent',
        promptTokens: tokens(5),
        outputTokens: { kind: 'uniform', from: 1, to: 9 },
      },
    };
    const requests = some(await loaded(base), 1);
    expect(requests.filter(({ task }) => task === 'a').length / requests.length).toBeCloseTo(0.75, 1);
    expect(new Set(requests.map((request) => `${request.task} ${request.class}`))).toEqual(
      new Set(['a batch', 'b undefined']),
    );
    const other = some(
      await loaded({
        ...base,
        lengths: {
          kind: 'independent',
          promptTokens: tokens(6),
          outputTokens: { kind: 'observed', tokens: [7] },
        },
      }),
      1,
    );
    expect(other.map(({ arrivalMs, task }) => [arrivalMs, task])).toEqual(
      requests.map(({ arrivalMs, task }) => [arrivalMs, task]),
    );
    expect(new Set(other.map(({ promptTokens, outputTokens }) => `${promptTokens} ${outputTokens}`))).toEqual(
      new Set(['6 7']),
    );
    const otherMix = some(await loaded({ ...base, mix: { kind: 'equal' } }), 1);
    expect(otherMix.map(({ arrivalMs }) => arrivalMs)).toEqual(requests.map(({ arrivalMs }) => arrivalMs));
  });

  test('a mix that shifts, over arrivals that come in waves', async () => {
    const workload = await loaded({
      durationS: 100,
      arrivals: {
        kind: 'schedule',
        phases: [
          { durationS: 30, requestsPerSecond: 300 },
          { durationS: 20, requestsPerSecond: 0 },
        ],
      },
      mix: {
        kind: 'shift',
        points: [
          { atS: 0, shares: { a: 1, b: 0 } },
          { atS: 100, shares: { a: 0, b: 1 } },
        ],
      },
    });
    const requests = [...workload.requests(1)];
    const within = (fromS: number, toS: number) =>
      requests.filter(({ arrivalMs }) => arrivalMs >= fromS * 1000 && arrivalMs < toS * 1000);
    const share = (some: readonly WorkloadRequest[]) =>
      some.filter(({ task }) => task === 'a').length / some.length;
    expect(within(30, 50)).toEqual([]);
    expect(share(within(0, 30))).toBeCloseTo(0.85, 1);
    expect(share(within(50, 80))).toBeCloseTo(0.35, 1);
    expect(workload.tasks).toEqual(['a', 'b']);
  });

  test('lengths of one task apart from the others', async () => {
    const requests = some(
      await loaded({
        ...steady,
        tasks: {
          a: {},
          b: { lengths: { kind: 'independent', promptTokens: tokens(2), outputTokens: tokens(3) } },
        },
      }),
      1,
    );
    const ofB = requests.filter(({ task }) => task === 'b');
    expect(ofB.every(({ promptTokens, outputTokens }) => promptTokens === 2 && outputTokens === 3)).toBe(
      true,
    );
    expect(requests.some(({ task, promptTokens }) => task === 'a' && promptTokens > 100)).toBe(true);
  });

  test('one that extends a bundled workload replaces what it names', async () => {
    const file = await fileOf({ extends: 'storm-heavy', durationS: 5, predictions: { sigma: 0 } });
    const workload = loadWorkload(file);
    expect(workload.durationMs).toBe(5_000);
    expect(some(workload, 3)).toEqual(
      some(loadWorkload('storm-heavy', { durationMs: 5_000, predictionSigma: 0 }), 3),
    );
  });

  test('its name is its own, or the file’s', async () => {
    expect((await loaded({ ...steady, name: 'evening' })).name).toBe('evening');
    expect((await loaded(steady)).name).toBe('workload');
  });

  test('the fleet’s tasks are used where the file names none', async () => {
    const file = await fileOf(steady);
    expect(loadWorkload(file, { tasks: ['math'] }).tasks).toEqual(['math']);
    expect(loadWorkload(file).tasks).toEqual(['hellaswag', 'copa', 'piqa', 'openbookqa']);
  });

  test('the documented example runs', () => {
    const workload = loadWorkload('policy/workloads/examples/evening.json');
    expect(workload.durationMs).toBe(180_000);
    const requests = [...workload.requests(1)];
    // Five bursts are expected in three minutes, so a seed may well be off by a half.
    expect(requests.length / 180 / workload.meanRatePerSecond).toBeGreaterThan(0.5);
    expect(requests.length / 180 / workload.meanRatePerSecond).toBeLessThan(2);
    expect(requests.every((request) => request.predictedOutputTokens !== undefined)).toBe(true);
  });
});

function tokens(count: number) {
  return { kind: 'constant', tokens: count } as const;
}

async function fileOf(document: unknown): Promise<string> {
  const file = join(await temporaryFolder(), 'workload.json');
  await writeFile(file, JSON.stringify(document));
  return file;
}

async function loaded(document: WorkloadInput): Promise<Workload> {
  return loadWorkload(await fileOf(document));
}

/** The first requests of a seed. */
function some(workload: Workload, seed: number, count = 3_000): WorkloadRequest[] {
  const taken: WorkloadRequest[] = [];
  for (const request of workload.requests(seed)) {
    taken.push(request);
    if (taken.length === count) break;
  }
  expect(taken.length).toBeGreaterThan(0);
  return taken;
}

function moments(values: readonly number[]): { mean: number; deviation: number } {
  const sum = (of: readonly number[]) => of.reduce((total, value) => total + value, 0);
  const mean = sum(values) / values.length;
  return { mean, deviation: Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / values.length) };
}
