import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { aims } from '../../policy/evaluate/standard/aims.ts';
import type { Ratio, StandardDocument } from '../../policy/evaluate/standard/document.ts';
import { standardMarkdown } from '../../policy/evaluate/standard/markdown.ts';
import { reachedAt } from '../../policy/evaluate/standard/ratios.ts';
import { standardTable } from '../../policy/evaluate/standard/standard.ts';
import { writeStandard } from '../../policy/evaluate/standard/write.ts';
import { Arena, type Trial, type TrialResult, type UnseenTrial } from '../../policy/evaluate/trial.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Requests per second of the large model on four GPUs. */
const STATIC_CAPACITY = 400;

/** A world where static serving of the large model is perfect up to its capacity, and others are always good. */
function measuresOf({ setting, scorer, seed }: Trial): TrialResult {
  const gpus = scorer.endsWith('@8') ? 8 : 4;
  const rate = setting.ratePerSecond ?? (setting.workload === 'storm' ? 430 : 357);
  const jitter = seed / 1000;
  const isLarge = scorer.startsWith('static-large');
  const capacity = setting.fleet === 'chat' ? 10 : (STATIC_CAPACITY * gpus) / 4;
  const share = isLarge ? Math.min(1, capacity / rate) : rate < 8_000 ? 1 : 0.5;
  const cost = setting.conditions === undefined ? 0 : isLarge ? 0.25 : 0.05;
  const utility = (isLarge ? share : 0.95) - cost - jitter;
  const f96 = isLarge ? share ** 2 : 0.9 - jitter;
  const rest = { requests: 1_000, shed: 0, failed: 0, gpus };
  return { ...rest, utility, onTime: share, f96, f98: isLarge ? share ** 2 : 0.4 };
}

const trials = {
  run: async (trial: Trial) => measuresOf(trial),
  seconds: async ({ scorer }: Trial) =>
    Array.from({ length: 120 }, (_, second) => ({
      requests: second < 40 ? 150 : 900,
      utility: scorer.startsWith('static-large') && second >= 40 ? 0.1 : 0.9,
    })),
  bounds: async () => ({ bound: 0.98, estimate: 0.97 }),
  unseen: async ({ scorer, seed }: UnseenTrial) => ({
    ...{ requests: 1_000, onTime: 0.9, f96: 0.5, f98: 0.4, shed: 0, failed: 0 },
    utility: (scorer === 'learned' ? 0.9 : 0.85) - (seed % 7) / 100,
    scenario: `${seed % 2 === 0 ? 'cohosted' : 'partitioned'}/storm/${seed % 3 === 0 ? 'rough' : 'ideal'}/${seed}`,
  }),
};

describe('the standard table', () => {
  let document: StandardDocument;
  let text: string;

  beforeAll(async () => {
    const progress = { expect: () => {} };
    document = await standardTable({ arena: new Arena(), trials, seeds: 3, progress });
    text = standardMarkdown(document, { spike: 's.svg', availability: 'a.svg', loads: 'l.svg' });
  });

  test('compares on every setting, and every difference is the focus less another', () => {
    const names = document.comparisons.map(({ fleet, workload }) => `${fleet} ${workload}`);
    for (const fleet of ['paper-partitioned', 'paper-cohosted'])
      for (const workload of ['storm', 'surge', 'storm-heavy', 'surge-heavy'])
        expect(names).toContain(`${fleet} ${workload}`);
    for (const { focus, results, paired } of document.comparisons) {
      expect(paired.map(({ a }) => a)).toEqual(paired.map(() => focus));
      expect([focus, ...paired.map(({ b }) => b)].sort()).toEqual(results.map(({ scorer }) => scorer).sort());
    }
  });

  test('says what was aimed for and what of it is reached, with the figures', () => {
    const rows = aims(document);
    const find = (where: string, what: string) =>
      rows.find((row) => row.where === where && row.what.includes(what));
    // In this world the focus is 5 points ahead of everybody, where there is room for it.
    expect(find('400 random fleets', 'shadow-price')).toMatchObject({
      figure: '0.0500 [0.0500, 0.0500]',
      reached: 'what was aimed for',
    });
    expect(find('the first 16 random scenarios', 'the rule tuned on each')).toMatchObject({
      figure: '0.0500 [0.0500, 0.0500]',
    });
    // All routers are equal here, so there is no lead over any of them.
    expect(find('paper-cohosted, storm', 'shadow-price-tuned')).toMatchObject({ reached: 'no' });
    expect(find('paper-cohosted, storm', 'bound')).toMatchObject({ reached: 'the least' });
    expect(text).toContain('## What was aimed for');
    // Static serving carries this world's surge, so it is the rival there, and nobody where it does not.
    const where = 'prediction σ 0.6';
    expect(find(`paper-cohosted, surge-heavy, ${where}`, 'utility')).toMatchObject({
      what: 'utility − that of static-large',
      reached: 'no',
    });
    expect(find(`paper-cohosted, storm-heavy, ${where}`, 'f96')).toMatchObject({
      what: 'f96 ÷ that of shadow-price-tuned without a prediction',
      figure: expect.stringMatching(/^1\.00/),
    });
  });

  test('runs more seeds of what differs most from seed to seed, and says so', () => {
    const unsteady = document.comparisons.filter(({ seeds }) => seeds === 9);
    const names = unsteady.map(({ fleet, workload }) => `${fleet} ${workload}`);
    expect(new Set(names)).toEqual(
      new Set([
        ...['paper-partitioned', 'paper-cohosted'].flatMap((fleet) => [`${fleet} shift`, `${fleet} markov`]),
        ...(existsSync('../shared/data') ? ['chat azure-conv', 'chat azure-code'] : []),
      ]),
    );
    expect(document.comparisons.every(({ seeds }) => seeds === 9 || seeds === 3)).toBe(true);
    expect(text).toContain('mean over seeds 1 to 3, or 1 to 9 where');
    // Bounds take long, and are beside the focus on the same requests.
    for (const { bounds } of document.comparisons)
      if (bounds !== undefined)
        expect(bounds).toMatchObject({ seeds: 3, focusUtility: { mean: expect.closeTo(0.948, 12) } });
  });

  test('compares on random fleets, by shape and by conditions, scenario by scenario', () => {
    const { groups, focus } = document.unseen;
    expect(groups.map(({ name, scenarios }) => `${name} ${scenarios}`)).toEqual([
      'random fleets 400',
      'all, the bench’s among them 400',
      'cohosted 200',
      'partitioned 200',
      'ideal conditions 267',
      'rough conditions 133',
      'the first, the rule tuned on each 16',
      'the first, a policy trained on for each 8',
    ]);
    const scorersOf = (index: number) => groups.at(index)!.results.map(({ scorer }) => scorer);
    expect(scorersOf(-2)).toEqual(['shadow-price-tuned', ...scorersOf(0)]);
    expect(scorersOf(-1)).toEqual(['specialist', ...scorersOf(0)]);

    for (const { results } of groups)
      for (const { scorer, focusLead } of results) {
        if (scorer === focus) expect(focusLead).toBeUndefined();
        // Every scenario differs from the next, but never in the difference between two scorers.
        else expect(focusLead).toMatchObject({ mean: expect.closeTo(0.05), low: expect.closeTo(0.05) });
      }
    expect(text).toContain('## Random fleets');
  });

  test('says what stale snapshots and a lost GPU cost each scorer, on the same requests', () => {
    const rough = document.comparisons.filter(({ conditions }) => conditions !== undefined);
    expect(
      rough.map(({ fleet, workload, conditions }) => `${fleet} ${workload} ${conditions}`).sort(),
    ).toEqual(
      ['paper-cohosted', 'paper-partitioned'].flatMap((fleet) =>
        ['storm', 'surge'].flatMap((workload) =>
          ['a GPU lost', 'stale snapshots'].map((conditions) => `${fleet} ${workload} ${conditions}`),
        ),
      ),
    );
    for (const { results, changes } of rough) {
      expect(changes!.map(({ scorer }) => scorer)).toEqual(results.map(({ scorer }) => scorer));
      for (const { scorer, utilityDifference } of changes!)
        expect(utilityDifference.mean).toBeCloseTo(scorer === 'static-large' ? -0.25 : -0.05, 12);
    }
    expect(text).toMatch(
      /\| paper-cohosted, surge, a GPU lost \| static-large \| \S+ \[\S+ \S+ \| −0\.250 \[−0\.250, −0\.250\] \|/,
    );
    expect(text).toMatch(/\| paper-cohosted, shift \| shadow-price@paper-cohosted\/surge \| [^|]+ \| {2}\|/);
  });

  test('finds availability beside that of static serving', () => {
    const { results } = document.availability.find(({ fleet }) => fleet === 'paper-cohosted')!;
    const large = results.find(({ scorer }) => scorer === 'static-large')!;
    expect(large.availabilityRps.mean / (STATIC_CAPACITY / 0.99)).toBeCloseTo(1, 1.5);
    expect(large.timesStaticLarge.mean).toBe(1);
    expect(results.find(({ scorer }) => scorer === 'static-small')!.timesStaticLarge.mean).toBeGreaterThan(
      15,
    );
  });

  test('says where static serving is better, and which figures of the sketch do not hold', () => {
    const better = text.slice(
      text.indexOf('## Where static serving is better'),
      text.indexOf('## The paper’s fleets'),
    );
    // At 357 requests per second this world's static serving is perfect, so it has all seconds and a better utility.
    expect(better).toMatch(
      /\n\| paper-cohosted, surge \| static-large \| \S+ \| f98 \| 0\.600 \[0\.600, 0\.600\] \|/,
    );
    expect(better).not.toMatch(/paper-cohosted, storm \| static-large \| \S+ \| utility/);
    expect(text).toContain('| paper-partitioned, storm: static-large | utility | 0.26 | 0.928 ');
    expect(text).toContain('corrected: higher');
    expect(text).toContain(
      '| paper-cohosted, stable: static-large | availability, requests/s | about 400 | ',
    );
    expect(text).toMatch(/about 400 \| \d+ \[\d+, \d+\] \| repeated \|/);
  });

  test('writes the document, the text and three pictures that show what they should', async () => {
    const folder = await temporaryFolder();
    await writeStandard(document, folder);
    expect((await readdir(folder)).sort()).toEqual([
      'eval-availability.svg',
      'eval-loads.svg',
      'eval-spike.svg',
      'eval.json',
      'eval.md',
    ]);
    const read = (name: string) => readFile(join(folder, name), 'utf8');
    expect(JSON.parse(await read('eval.json'))).toEqual(document);
    for (const name of await readdir(folder)) expect(await read(name)).not.toMatch(/NaN|undefined|Infinity/);
    const texts = async (name: string) =>
      [...(await read(name)).matchAll(/>([^<>]+)<\/text>/g)].map(([, own]) => own);
    // 40 s of 150 requests at 0.9, 80 s of 900 at 0.1.
    expect(await texts('eval-spike.svg')).toContain('static-large · 16.2 %');
    expect(await texts('eval-availability.svg')).toContainEqual(
      expect.stringMatching(/^static-large · 40\d\/s \(1\.0 ×\)$/),
    );
    expect(await texts('eval-loads.svg')).toContainEqual(expect.stringMatching(/^4\.1 × at \d+\/s$/));
  });

  test.skipIf(!existsSync('../shared/data'))(
    'compresses the traces to multiples of one rate (../shared/data)',
    () => {
      for (const trace of ['azure-conv', 'azure-code']) {
        const rates = document.comparisons.filter(({ workload }) => workload === trace);
        expect(rates.map(({ timesCarried }) => timesCarried)).toEqual([1, 2, 4]);
        expect(rates[2]!.meanRatePerSecond / rates[0]!.meanRatePerSecond).toBeCloseTo(4, 1);
      }
    },
  );
});

test('a ratio is reached between two loads, on the line between the logarithms', () => {
  const point = (meanRatePerSecond: number, f96: Ratio) => ({
    meanRatePerSecond,
    results: [],
    ratios: { f96, f98: 'none', utilityPerGpu: 1 } as const,
  });
  const sweep = { fleet: 'x', workload: 'y', durationS: 1 };
  const points = [point(100, 1), point(200, 2), point(800, 8), point(900, 'any'), point(1000, 'none')];
  expect(reachedAt({ ...sweep, points }, 'f96', 4)).toEqual({ rate: expect.closeTo(400, 9), isAny: false });
  expect(reachedAt({ ...sweep, points }, 'f96', 0.5)).toEqual({ rate: 100, isAny: false });
  expect(reachedAt({ ...sweep, points }, 'f96', 9)).toEqual({ rate: 900, isAny: true });
  expect(reachedAt({ ...sweep, points }, 'f98', 1)).toBeUndefined();
});
