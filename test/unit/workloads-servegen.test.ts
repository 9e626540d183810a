import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadWorkload } from '../../policy/workloads/load.ts';
import { readLengthHistograms } from '../../policy/workloads/recorded/length-histograms.ts';
import {
  meanServeGenRate,
  readServeGenClients,
  serveGenArrivals,
} from '../../policy/workloads/recorded/servegen.ts';
import { seededRandom } from '../../src/platform/random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const gamma = (ratePerSecond: number) => ({ ratePerSecond, law: 'Gamma', shape: 0.3 }) as const;
const weibull = (ratePerSecond: number) => ({ ratePerSecond, law: 'Weibull', shape: 0.4 }) as const;
const playback = { startS: 0, durationMs: 1_000, windowMs: 1_000, rateFactor: 1 } as const;

const histogram = 'field,lo,hi_exclusive,prob\n';

describe('clients', () => {
  test('each window has the clients’ rates together, from its first moment to its last', () => {
    const clients = [
      [gamma(20), undefined, gamma(5)],
      [weibull(40), weibull(10), undefined],
    ];
    const runs = 3_000;
    const counts = [0, 0, 0].map(() => [] as number[]);
    for (let seed = 0; seed < runs; seed++) {
      const ofRun = [0, 0, 0];
      for (const { atMs } of serveGenArrivals(clients, playback, seededRandom(seed)))
        ofRun[Math.floor(atMs / 1000)]!++;
      for (const [window, count] of ofRun.entries()) counts[window]!.push(count);
    }
    for (const [window, expected] of [60, 10, 5].entries()) {
      const { mean, deviation } = moments(counts[window]!);
      expect(Math.abs(mean - expected)).toBeLessThan((5 * deviation) / Math.sqrt(runs));
    }
  });

  test('a factor scales every rate; a shorter window only passes sooner', () => {
    const clients = [[gamma(1_000), gamma(100)]];
    const count = (options: Partial<{ rateFactor: number; windowMs: number }>) =>
      [...serveGenArrivals(clients, { ...playback, windowMs: 600_000, ...options }, seededRandom(1))].length;
    expect(count({}) / 660_000).toBeCloseTo(1, 1);
    expect(count({ rateFactor: 0.1 }) / 66_000).toBeCloseTo(1, 1);
    expect(count({ windowMs: 60_000 }) / 66_000).toBeCloseTo(1, 1);
  });

  test('a drawn start does not fall where nobody asks anything', () => {
    // So many requests that even a sliver of the busy window has one; three starts of five would miss it.
    const clients = [[undefined, undefined, gamma(1e5), undefined, undefined]];
    for (let seed = 0; seed < 200; seed++)
      expect(
        serveGenArrivals(clients, { ...playback, startS: 'drawn' }, seededRandom(seed)).next().done,
      ).toBe(false);
  });
});

describe('files', () => {
  test('clients are read in the order of their numbers', async () => {
    const folder = await folderOf({
      'chunk-10-trace.csv': '0,2,1,Gamma,1,1\n',
      'chunk-9-trace.csv': '0,1,1,Weibull,0.5,1\n',
      'notes.txt': '',
    });
    expect(readServeGenClients(folder)).toEqual([
      [{ ratePerSecond: 1, law: 'Weibull', shape: 0.5 }],
      [{ ratePerSecond: 2, law: 'Gamma', shape: 1 }],
    ]);
  });

  test.each([
    ['0,-1,1,Gamma,1,1', ':1: rate: expected requests per second from 0 to 1000000, got "-1"'],
    ['0,,1,Gamma,1,1', ':1: rate: expected requests per second from 0 to 1000000, got ""'],
    ['0,1,1,Pareto,1,1', ':1: pattern: expected Gamma or Weibull, got "Pareto"'],
    ['0,0x1,1,Gamma,1,1', ':1: rate: expected requests per second from 0 to 1000000, got "0x1"'],
    ['0,1,1,Gamma,0,1', ':1: shape: expected a number from 0.001 to 1000000, got "0"'],
    ['600,1,1,Gamma,1,1', ':1: t: expected 0, got "600"'],
    ['0,1,1,Gamma,1', ':1: expected 6 cells (t, rate, cv, pattern, shape, scale), got 5'],
    ['', ': empty: no windows'],
  ])('a faulty row, %j: file, line, column and value', async (row, message) => {
    const folder = await folderOf({ 'chunk-0-trace.csv': row });
    expect(() => readServeGenClients(folder)).toThrow(`${join(folder, 'chunk-0-trace.csv')}${message}`);
  });

  test('no folder, no clients, no rate, clients of different length', async () => {
    expect(() => readServeGenClients('/nowhere')).toThrow('/nowhere: no such folder');
    expect(() => readServeGenClients('test')).toThrow('test: no file named chunk-N-trace.csv');
    const silent = await folderOf({ 'chunk-0-trace.csv': '0,0,0,,0,0\n' });
    expect(() => readServeGenClients(silent)).toThrow(`${silent}: every rate is 0`);
    const uneven = await folderOf({
      'chunk-0-trace.csv': '0,1,1,Gamma,1,1\n',
      'chunk-1-trace.csv': '0,0,0,,0,0\n600,0,0,,0,0\n',
    });
    expect(() => readServeGenClients(uneven)).toThrow('expected 1 rows as in chunk-0-trace.csv, got 2');
  });

  test.each([
    ['', ':1: expected field,lo,hi_exclusive,prob, got ""'],
    [`${histogram}input_tokens,5,5,1`, ':2: hi_exclusive: expected more than lo, 5, got "5"'],
    [`${histogram}input_tokens,,5,1`, ':2: lo: expected a whole number from 0 to 10000000, got ""'],
    [
      `${histogram}input_tokens,5,5.5,1`,
      ':2: hi_exclusive: expected a whole number from 1 to 10000000, got "5.5"',
    ],
    [
      `${histogram}input_tokens,5,Infinity,1`,
      ':2: hi_exclusive: expected a whole number from 1 to 10000000, got "Infinity"',
    ],
    [`${histogram}input_tokens,5,6,nan`, ':2: prob: expected a number from 0 to 1, got "nan"'],
    [`${histogram}tokens,5,6,1`, ':2: field: expected input_tokens or output_tokens, got "tokens"'],
    [`${histogram}input_tokens,5,6`, ':2: expected 4 cells (field, lo, hi_exclusive, prob), got 3'],
    [`${histogram}input_tokens,5,6,1`, ': output_tokens: no bin of positive probability'],
  ])('a faulty histogram, %j', async (text, message) => {
    const folder = await folderOf({ 'lengths.csv': text });
    const file = join(folder, 'lengths.csv');
    expect(() => readLengthHistograms(file)).toThrow(`${file}${message}`);
  });
});

describe.skipIf(!existsSync('../shared/data/servegen'))('the published clients (../shared/data)', () => {
  const folder = '../shared/data/servegen';
  const clients = existsSync(folder) ? readServeGenClients(`${folder}/m-small`) : [];
  const aggregate = (existsSync(folder) ? readFileSync(`${folder}/aggregate_rate_10min.csv`, 'utf8') : '')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => Number(line.split(',')[1]));

  test('their rates add up to the pool’s, window by window', () => {
    expect(aggregate).toHaveLength(clients[0]!.length);
    for (const [window, rate] of aggregate.entries()) {
      const sum = clients.reduce((total, client) => total + (client[window]?.ratePerSecond ?? 0), 0);
      expect(Math.abs(sum - rate)).toBeLessThanOrEqual(1e-4 * rate + 1e-3);
    }
    expect(meanServeGenRate(clients)).toBeCloseTo(moments(aggregate).mean, 1);
  });

  test('arrivals have the rate of the file, over half a day', () => {
    // A window passes in a second; the rates stay as recorded.
    const windows = 72;
    let count = 0;
    const passing = { startS: 0, durationMs: windows * 1000, windowMs: 1000, rateFactor: 1 };
    for (const { atMs } of serveGenArrivals(clients, passing, seededRandom(3))) {
      if (atMs >= passing.durationMs) break;
      count++;
    }
    const expected = aggregate.slice(0, windows).reduce((sum, rate) => sum + rate, 0);
    expect(Math.abs(count / expected - 1)).toBeLessThan(0.05);
  });

  test('lengths have the published means', () => {
    const published = JSON.parse(readFileSync(`${folder}/length_summary.json`, 'utf8'))['language/m-small'];
    const draw = readLengthHistograms(`${folder}/lengths_language_m-small.csv`);
    const random = seededRandom(1);
    const drawn = Array.from({ length: 200_000 }, () => draw(random));
    const mean = (of: 'promptTokens' | 'outputTokens') => moments(drawn.map((lengths) => lengths[of])).mean;
    expect(Math.abs(mean('promptTokens') / published.input.mean - 1)).toBeLessThan(0.03);
    expect(Math.abs(mean('outputTokens') / published.output.mean - 1)).toBeLessThan(0.03);
  });

  test('as a workload: the rate asked for over the fortnight, and the same bytes for the same seed', async () => {
    const file = join(await temporaryFolder(), 'fortnight.json');
    await writeFile(file, '{"extends":"servegen"}');
    const workload = loadWorkload(file, { tasks: ['copa'], ratePerSecond: 1, durationMs: 2_016 * 600_000 });
    expect(workload.meanRatePerSecond).toBe(1);
    let count = 0;
    for (const _ of workload.requests(1)) count++;
    expect(Math.abs(count / (2_016 * 600) - 1)).toBeLessThan(0.02);
    const bytes = () => JSON.stringify([...loadWorkload('servegen', { ratePerSecond: 20 }).requests(9)]);
    expect(bytes()).toBe(bytes());
  });
});

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

function moments(values: readonly number[]): { mean: number; deviation: number } {
  const sum = (of: readonly number[]) => of.reduce((total, value) => total + value, 0);
  const mean = sum(values) / values.length;
  return { mean, deviation: Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / values.length) };
}
