import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../policy/simulate/arguments.ts';
import { simulate as simulateFiles } from '../../policy/simulate/simulate.ts';
import { fileWith, runSimulate } from '../support/simulate-command.ts';

/** Every step of this server takes 10 ms, however much there is to do. */
const constantServer = [
  'run,overhead_ms,max_num_seqs,kv_tokens,w,c,p,d0,dn,dk,p0,pa,pt,m0,mn,mk,ma,mt,h0,h1',
  'A/constant,0,2,160,10,0,1,0,0,0,0,0,0,0,0,0,0,0,0,0',
].join('\n');

const header = 'arrival_ms,input_tokens,output_tokens';

/** Runs the command with these requests on the constant server. */
async function simulate(requests: string, ...flags: string[]) {
  const run = await runSimulate(
    ...['--requests', await fileWith('requests.csv', requests)],
    ...['--coefficients', await fileWith('coefficients.csv', constantServer)],
    ...['--row', 'A/constant', ...flags],
  );
  return run;
}

async function document(requests: string, ...flags: string[]) {
  const { exitCode, stdout, stderr } = await simulate(requests, '--json', ...flags);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return JSON.parse(stdout);
}

describe('npm run simulate', () => {
  test('--json prints one document: counts, latencies, and errors against measured times', async () => {
    const measured = `${header},ttft_ms,e2e_ms\n0,8,3,8,38\n100,8,5,10,60\n`;
    expect(await document(measured)).toEqual({
      requests: 2,
      simulatedRequestsPerSecond: expect.any(Number),
      // A step for the first token, and one for each other.
      ttftMs: { mean: 10, p50: 10, p99: 10 },
      tpotMs: { mean: 10, p50: 10, p99: 10 },
      e2eMs: { mean: 40, p50: 40, p99: expect.closeTo(49.8, 9) },
      errorsPct: {
        ttftMean: expect.closeTo((10 / 9 - 1) * 100, 9),
        tpotMean: expect.closeTo((10 / 13.75 - 1) * 100, 9),
        e2eMean: expect.closeTo((40 / 49 - 1) * 100, 9),
      },
    });
  });

  test('without measured times there are no errors; of those there are, only the measured', async () => {
    expect(await document(`${header}\n0,8,3\n`)).not.toHaveProperty('errorsPct');
    expect((await document(`${header},e2e_ms\n0,8,3,60\n`)).errorsPct).toEqual({
      e2eMean: expect.closeTo(-50, 9),
    });
  });

  test('answers of one token have no time per token', async () => {
    const result = await document(`${header}\n0,8,1\n50,8,1\n`);
    expect(result.tpotMs).toEqual({ mean: null, p50: null, p99: null });
    expect(result.e2eMs).toEqual(result.ttftMs);
  });

  test('the row limits the sequences, and a flag instead of it', async () => {
    const together = `${header}\n0,8,1\n0,8,1\n0,8,1\n0,8,1\n`;
    expect((await document(together)).ttftMs.mean).toBe(15);
    expect((await document(together, '--max-seqs', '1')).ttftMs.mean).toBe(25);
    expect((await document(together, '--max-seqs', '4')).ttftMs.mean).toBe(10);
  });

  test('the overhead and the KV capacity of the row can be changed too', async () => {
    const pair = `${header}\n0,80,1\n0,80,1\n`;
    expect((await document(pair, '--overhead-ms', '2.5')).ttftMs.mean).toBe(12.5);
    expect((await document(pair)).ttftMs.mean).toBe(10);
    expect((await document(pair, '--kv-tokens', '159')).ttftMs.mean).toBe(15);
  });

  test('an Azure trace reads as well, with CRLF', async () => {
    const trace = 'TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:15:46.6805900,8,2\r\n';
    expect(await document(trace)).toMatchObject({ requests: 1, e2eMs: { mean: 20 } });
  });

  test('without --json: the engine, a table and the speed', async () => {
    const { stdout } = await simulate(`${header},ttft_ms,e2e_ms\n0,8,3,20,40\n`);
    expect(stdout).toContain('A/constant, 2 sequences at most, 2,048 tokens a step, 0 ms overhead');
    expect(stdout).toMatch(/TTFT +10\.0 ms +10\.0 ms +10\.0 ms +20\.0 ms +−50\.0 %\n/);
    expect(stdout).toMatch(/1 requests simulated in .* per second\), 0 preemptions\n$/);
  });

  test('--help names every flag', async () => {
    const { exitCode, stdout } = await runSimulate('--help');
    expect(exitCode).toBe(0);
    for (const flag of ['requests', 'coefficients', 'row', 'max-seqs', 'overhead-ms', 'kv-tokens', 'json'])
      expect(stdout).toContain(`--${flag} `);
  });
});

describe('npm run simulate refuses', () => {
  async function refusal(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await runSimulate(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    return stderr;
  }

  test.each([
    ['--json', '--requests: missing; see --help\n'],
    [
      '--requests a --coefficients b --row c --max-seqs 0',
      '--max-seqs: expected a whole number from 1 to 1000000, got "0"\n',
    ],
    [
      '--requests a --coefficients b --row c --overhead-ms -1',
      '--overhead-ms: expected a number from 0 to 60000, got "-1"\n',
    ],
    [
      '--requests a --coefficients b --row c --kv-tokens many',
      '--kv-tokens: expected a whole number from 1 to 1000000000000, got "many"\n',
    ],
    ['--request a', '--request: no such flag; known: --requests, --coefficients, '],
    ['--requests none.csv --coefficients none.csv --row x', 'none.csv: no such file\n'],
  ])('%s', async (line, message) => {
    expect(await refusal(...line.split(' '))).toContain(message);
  });

  test('a request file with every fault, by line', async () => {
    const run = await simulate(`${header}\n5,1,1\n4,x,1\n\n6,1,-1\n`);
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toMatch(/requests\.csv:3: arrival_ms: "4" is earlier than "5" on line 2\n/);
    expect(run.stderr).toMatch(/requests\.csv:3: input_tokens: .* got "x"\n/);
    expect(run.stderr).toMatch(/requests\.csv:4: expected 3 cells .* got an empty line\n/);
    expect(run.stderr).toMatch(/requests\.csv:5: output_tokens: .* got "-1"\n$/);
  });

  test('a request that the KV cache could never hold, by line', async () => {
    const run = await simulate(`${header}\n0,80,81\n0,80,82\n`, '--json');
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toMatch(
      /^\S+requests\.csv:3: never fits: 80 prompt and 82 output tokens need 161 tokens .* has 160 .*\n$/,
    );
  });
});

describe('the speed', () => {
  /** Two requests, where the first run takes one time of the CPU, and each after it another. */
  async function speedWith(firstMs: number, laterMs: number): Promise<number> {
    const options = parseArguments([
      ...['--requests', await fileWith('requests.csv', `${header}\n0,8,3\n1,8,3\n`)],
      ...['--coefficients', await fileWith('coefficients.csv', constantServer), '--row', 'A/constant'],
    ]);
    if (options === 'help') throw new Error('no options');
    const readings = [0, firstMs, ...Array.from({ length: 10 }, (_, runs) => firstMs + runs * laterMs)];
    const cpuClock = () => readings.shift()!;
    return simulateFiles(options, { cpuClock, progress: () => () => {} }).summary.simulatedRequestsPerSecond;
  }

  test('counts the runs after the first, which is spent compiling', async () => {
    expect(await speedWith(350, 20)).toBe(100);
  });

  test('counts the first where that was long', async () => {
    expect(await speedWith(1000, 20)).toBe(2);
  });
});

const data = '../shared/data';
describe.skipIf(!existsSync(data))(`the real servers (${data})`, () => {
  test.each([
    ['rtxpro6000-llama-3.1-8b', 'RTXPRO6000/Llama-3.1-8B'],
    ['rtx4090-llama-3.1-8b', 'RTX4090/Llama-3.1-8B'],
  ])('%s is reproduced from its files alone', async (folder, row) => {
    const { stdout } = await runSimulate(
      ...['--requests', `${data}/real_vllm/${folder}/requests_flat.csv`],
      ...['--coefficients', `${data}/latency/measured_vllm_coefficients.csv`],
      ...['--row', row, '--json'],
    );
    const { requests, errorsPct } = JSON.parse(stdout);
    expect(requests).toBe(300);
    expect(Math.abs(errorsPct.e2eMean)).toBeLessThan(2);
    expect(Math.abs(errorsPct.ttftMean)).toBeLessThan(3);
    expect(Math.abs(errorsPct.tpotMean)).toBeLessThan(3);
  });
});
