import { watch } from 'node:fs';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { runEvaluate, startEvaluate } from '../support/evaluate-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const asked = [
  '--fleet',
  'paper-partitioned',
  '--workload',
  'surge',
  '--scorers',
  'static-large,shadow-price',
];
const short = [...asked, '--duration', '2', '--json'];

const interval = z.strictObject({ mean: z.number(), low: z.number(), high: z.number() });
const documentSchema = z.strictObject({
  fleet: z.string(),
  workload: z.string(),
  conditions: z.string().optional(),
  seeds: z.number(),
  results: z.array(
    z.strictObject({
      scorer: z.string(),
      utility: interval,
      onTime: interval,
      f96: interval,
      f98: interval,
      utilityPerGpu: interval,
      shed: interval,
      availabilityRps: interval.optional(),
    }),
  ),
  paired: z.array(z.strictObject({ a: z.string(), b: z.string(), utilityDifference: interval })),
});

/** Standard output of a run that must succeed. */
async function outputOf(...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runEvaluate(...args);
  const complaints = stderr.replaceAll(/^\d+ of \d+ runs .*\n/gm, '');
  expect({ exitCode, complaints }).toEqual({ exitCode: 0, complaints: '' });
  return stdout;
}

describe('npm run evaluate', () => {
  test('prints one JSON document, with the same bytes whatever the number of threads', async () => {
    const alone = await outputOf(
      ...short,
      '--seeds',
      '3',
      '--workers',
      '1',
      '--out',
      await temporaryFolder(),
    );
    const document = documentSchema.parse(JSON.parse(alone));
    expect(document).toMatchObject({ fleet: 'paper-partitioned', workload: 'surge', seeds: 3 });
    expect(document.results.map(({ scorer }) => scorer)).toEqual(['static-large', 'shadow-price']);
    for (const { utility, utilityPerGpu } of document.results) {
      expect(utility.mean).toBeGreaterThan(0.1);
      expect(utilityPerGpu.mean).toBeCloseTo(utility.mean / 4, 12);
    }
    const [large, price] = document.results.map(({ utility }) => utility.mean);
    expect(document.paired).toMatchObject([
      {
        a: 'static-large',
        b: 'shadow-price',
        utilityDifference: { mean: expect.closeTo(large! - price!, 12) },
      },
    ]);
    const together = await outputOf(
      ...short,
      '--seeds',
      '3',
      '--workers',
      '2',
      '--out',
      await temporaryFolder(),
    );
    expect(together).toBe(alone);
  });

  test('stopped by Ctrl-C, goes on where it was and ends with the same document', async () => {
    const out = await temporaryFolder();
    const long = [...asked, '--duration', '20', '--json', '--seeds', '4', '--workers', '1', '--out'];
    const { child, ended } = startEvaluate(...long, out);
    const watcher = watch(out, () => child.kill('SIGINT'));
    expect(await ended).toMatchObject({
      exitCode: 130,
      stdout: '',
      stderr: expect.stringMatching(/^stopped; /m),
    });
    watcher.close();
    const state = join(out, 'trials.jsonl');
    const finished = (await readFile(state, 'utf8')).split('\n').length - 1;
    expect(finished).toBeLessThan(8);
    const resumed = await outputOf(...long, out);
    expect((await readFile(state, 'utf8')).split('\n').length - 1).toBe(8);
    expect(await outputOf(...long, await temporaryFolder())).toBe(resumed);
  });

  test('a state file cut in the middle of a line loses that line only', async () => {
    const out = await temporaryFolder();
    const whole = await outputOf(...short, '--seeds', '2', '--out', out);
    const state = join(out, 'trials.jsonl');
    const lines = (await readFile(state, 'utf8')).split('\n');
    await truncate(state, lines.join('\n').length - 20);
    expect(await outputOf(...short, '--seeds', '2', '--out', out)).toBe(whole);
    const repaired = (await readFile(state, 'utf8')).split('\n');
    expect(repaired.slice(0, 3)).toEqual(lines.slice(0, 3));
    expect(repaired.at(-2)).toBe(lines[3]);
  });

  test('--availability: what static serving of the large model carries', async () => {
    const out = await temporaryFolder();
    const args = ['--fleet', 'paper-partitioned', '--workload', 'stable', '--scorers', 'static-large'];
    const text = await outputOf(
      ...args,
      '--seeds',
      '2',
      '--duration',
      '5',
      '--availability',
      '--json',
      '--out',
      out,
    );
    const { availabilityRps } = documentSchema.parse(JSON.parse(text)).results[0]!;
    // The benchmark's early sketch says about 400.
    expect(availabilityRps!.mean).toBeGreaterThan(250);
    expect(availabilityRps!.mean).toBeLessThan(500);
  });

  test('--conditions: everybody meets them', async () => {
    const out = await temporaryFolder();
    const file = join(out, 'dark.json');
    await writeFile(file, '{"faults": [{"kind": "outage"}]}');
    const text = await outputOf(...short, '--seeds', '2', '--out', out, '--conditions', file);
    const { conditions, results } = documentSchema.parse(JSON.parse(text));
    expect({ conditions, utility: results.map(({ utility }) => utility.mean) }).toEqual({
      conditions: 'dark',
      utility: [0, 0],
    });
  });

  test('without --json: tables, with intervals only where there are several seeds', async () => {
    const out = await temporaryFolder();
    const several = await outputOf(...asked, '--duration', '2', '--seeds', '2', '--out', out);
    expect(several).toMatch(/^paper-partitioned, surge: means over 2 seeds with 95 % intervals\n/);
    expect(several).toMatch(/\nshadow-price +0\.\d{3} \[\S+, \S+\] /);
    expect(several).toMatch(/\nstatic-large − shadow-price +\S+ \[\S+, \S+\]\n$/);
    const one = await outputOf(...asked, '--duration', '2', '--seeds', '1', '--out', out);
    expect(one).toMatch(/\nshadow-price +0\.\d{3} +\d/);
  });
});

test('a fault that a person can mend is one sentence, and exit code 1', async () => {
  const { exitCode, stdout, stderr } = await runEvaluate(
    '--fleet',
    'x',
    '--workload',
    'storm',
    '--scorers',
    'a',
  );
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  expect(stderr).toMatch(/^no fleet "x"; known: chat, paper-partitioned, paper-cohosted, or a file.*\n$/);
});
