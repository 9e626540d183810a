import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadWorkload } from '../../policy/workloads/load.ts';
import { played, recordingMs } from '../../policy/workloads/recorded/recording.ts';
import { seededRandom } from '../../src/platform/random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A request every second for 100 s, each told by its prompt length. */
const recorded = Array.from({ length: 100 }, (_, index) => ({
  arrivalMs: index * 1000,
  promptTokens: index + 1,
  outputTokens: 5,
}));
const whole = { startMs: 0, durationMs: 100_000, speed: 1, jitter: 0 };

describe('playing a recording', () => {
  test('its length is its last arrival and one mean gap', () => {
    expect(recordingMs(recorded)).toBe(100_000);
  });

  test('whole and as recorded', () => {
    const at = [...played(recorded, whole, seededRandom(1))];
    expect(at.map(({ atMs }) => atMs)).toEqual(recorded.map(({ arrivalMs }) => arrivalMs));
    expect(at.map((arrival) => arrival.recorded)).toEqual(recorded);
  });

  test('from a given start, compressed', () => {
    const at = [...played(recorded, { ...whole, startMs: 49_500, speed: 4 }, seededRandom(1))];
    expect(at[0]).toEqual({ atMs: 125, recorded: recorded[50] });
    expect(at[1]!.atMs).toBe(375);
    expect(at).toHaveLength(50);
  });

  test('a drawn start is anywhere the duration still fits, gaps as recorded', () => {
    const starts = Array.from({ length: 2_000 }, (_, seed) => {
      const [first] = played(
        recorded,
        { ...whole, startMs: 'drawn', durationMs: 10_000 },
        seededRandom(seed),
      );
      return first!.recorded.arrivalMs - first!.atMs;
    });
    expect(Math.min(...starts)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...starts)).toBeLessThanOrEqual(90_000);
    const mean = starts.reduce((sum, start) => sum + start, 0) / starts.length;
    expect(Math.abs(mean - 45_000)).toBeLessThan((5 * 90_000) / Math.sqrt(12 * starts.length));
  });

  test('jitter changes gaps by its sigma and not the rate, lengths or order', () => {
    const long = Array.from({ length: 50_000 }, (_, index) => ({ ...recorded[0]!, arrivalMs: index * 10 }));
    const at = [...played(long, { ...whole, durationMs: 500_000, jitter: 0.5 }, seededRandom(2))];
    const gaps = at.slice(1).map(({ atMs }, index) => atMs - at[index]!.atMs);
    expect(Math.min(...gaps)).toBeGreaterThan(0);
    expect(at.at(-1)!.atMs / long.at(-1)!.arrivalMs).toBeCloseTo(1, 1);
    const logs = gaps.map((gap) => Math.log(gap / 10));
    const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
    expect(Math.sqrt(logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / logs.length)).toBeCloseTo(
      0.5,
      2,
    );
  });
});

describe('a trace as a workload', () => {
  const csv = ['arrival_ms,input_tokens,output_tokens', '0,10,1', '1000,20,2', '3000,30,3'].join('\n');

  test('on its own: whole, as recorded, with the fleet’s tasks drawn', async () => {
    const file = await written('trace.csv', csv);
    const workload = loadWorkload(file, { tasks: ['math'] });
    expect(workload).toMatchObject({ name: 'trace', durationMs: 4_500, tasks: ['math'], notes: [] });
    expect(workload.meanRatePerSecond).toBeCloseTo(3 / 4.5, 12);
    expect([...workload.requests(1)]).toEqual([
      { arrivalMs: 0, task: 'math', promptTokens: 10, outputTokens: 1 },
      { arrivalMs: 1_000, task: 'math', promptTokens: 20, outputTokens: 2 },
      { arrivalMs: 3_000, task: 'math', promptTokens: 30, outputTokens: 3 },
    ]);
  });

  test('asked for a rate it is compressed until it has it', async () => {
    const workload = loadWorkload(await written('trace.csv', csv), { ratePerSecond: 3 / 0.45 });
    expect(workload.durationMs).toBeCloseTo(450, 9);
    expect([...workload.requests(1)].map(({ arrivalMs }) => Math.round(arrivalMs))).toEqual([0, 100, 300]);
  });

  test('its pairs of lengths serve other arrivals, and other lengths its arrivals', async () => {
    const file = await written('trace.csv', csv);
    const pairs = await written(
      'pairs.json',
      JSON.stringify({
        durationS: 10,
        arrivals: { kind: 'steady', requestsPerSecond: 10 },
        lengths: { kind: 'trace', file },
      }),
    );
    const requests = [...loadWorkload(pairs).requests(1)];
    expect(requests.every(({ promptTokens, outputTokens }) => promptTokens === 10 * outputTokens)).toBe(true);
    const times = await written(
      'times.json',
      JSON.stringify({ arrivals: { kind: 'trace', file, startS: 0 }, lengths: { kind: 'task' } }),
    );
    const prompts = [...loadWorkload(times, { tasks: ['hellaswag'] }).requests(1)].map((r) => r.promptTokens);
    expect(prompts).toHaveLength(3);
    expect(Math.min(...prompts)).toBeGreaterThanOrEqual(60);
  });

  test.each([
    [
      'more of it than there is',
      '',
      { durationMs: 10_000 },
      'durationS: at this speed the recording lasts 4.5 s',
    ],
    [
      'a single request',
      csv.split('\n').slice(0, 2).join('\n'),
      {},
      '1 requests at one instant have no rate',
    ],
  ])('%s is refused', async (_, text, options, message) => {
    const file = await written('trace.csv', text || csv);
    expect(() => loadWorkload(file, options)).toThrow(message);
  });

  test('a start beyond its end is refused', async () => {
    const file = await written('trace.csv', csv);
    const late = await written(
      'late.json',
      JSON.stringify({ arrivals: { kind: 'trace', file, startS: 60 } }),
    );
    expect(() => loadWorkload(late)).toThrow(
      `${late}: arrivals.startS: is beyond the recording's end, received 60`,
    );
  });
});

describe('the gateway’s records as a workload', () => {
  const served = {
    atMs: 10_500,
    arrivedAtMs: 10_000,
    requestId: 'r1',
    task: 'math',
    class: 'interactive',
    promptTokens: 40,
    stream: true,
    outcome: 'served',
    outputTokens: 12,
    ttftMs: 100,
    e2eMs: 500,
  };
  const shed = {
    ...served,
    arrivedAtMs: 10_200,
    class: 'batch',
    promptTokens: 9,
    stream: false,
    outcome: 'shed',
  };
  const unanswered = { ...shed, outputTokens: undefined, e2eMs: undefined };

  test('come in when they came in, in order whatever the order of the lines and of the ends', async () => {
    const late = { ...shed, outcome: 'failed', atMs: 90_000, arrivedAtMs: 9_750.25 };
    const file = await written('records.jsonl', lines(served, shed, late));
    expect([...loadWorkload(file).requests(1)].map(({ arrivalMs }) => arrivalMs)).toEqual([
      0, 249.75, 449.75,
    ]);
  });

  test('task, class, lengths and streaming are kept; who got no answer has another’s length, and a note says so', async () => {
    const rejected = { ...unanswered, outcome: 'rejected' };
    const file = await written('records.jsonl', lines(served, unanswered, rejected));
    const workload = loadWorkload(file);
    expect([...workload.requests(1)]).toEqual([
      { arrivalMs: 0, task: 'math', class: 'interactive', promptTokens: 40, outputTokens: 12 },
      { arrivalMs: 200, task: 'math', class: 'batch', promptTokens: 9, outputTokens: 12, stream: false },
    ]);
    expect(workload.tasks).toEqual(['math']);
    expect(workload.notes).toEqual([
      expect.stringMatching(/records\.jsonl: 1 rejected requests left out$/),
      expect.stringMatching(
        /records\.jsonl: 1 requests without an answer play with the output lengths of others$/,
      ),
    ]);
  });

  test('a mix of one’s own replaces the recorded tasks', async () => {
    const file = await written('records.jsonl', lines(served, { ...served, arrivedAtMs: 10_500 }));
    const mixed = await written(
      'mixed.json',
      JSON.stringify({
        arrivals: { kind: 'records', file, startS: 0 },
        mix: { kind: 'fixed', shares: { copa: 1 } },
      }),
    );
    expect(new Set([...loadWorkload(mixed).requests(1)].map(({ task }) => task))).toEqual(new Set(['copa']));
  });

  test('a recorded task the fleet does not have is an error', async () => {
    const file = await written('records.jsonl', lines(served, { ...served, arrivedAtMs: 10_500 }));
    expect(() => loadWorkload(file, { tasks: ['copa'] })).toThrow(
      'arrivals.file: received task "math", the fleet has copa',
    );
  });

  test.each([
    ['no records', '', ': no requests'],
    ['another line', 'hello\n', ':1: expected a request record as JSON, received "hello"'],
    [
      'a record without its task',
      `${lines(served)}\n${lines({ ...served, task: undefined })}`,
      ':2: task: expected string, received nothing',
    ],
    ['nobody answered', lines(unanswered), ': no request was answered: there is no output length to play'],
  ])('%s: refused', async (_, text, message) => {
    const file = await written('records.jsonl', text);
    expect(() => loadWorkload(file)).toThrow(`records.jsonl${message}`);
  });

  function lines(...records: readonly object[]): string {
    return records.map((record) => JSON.stringify(record)).join('\n');
  }
});

describe.skipIf(!existsSync('../shared/data/azure_llm_2023'))('the Azure traces (../shared/data)', () => {
  test.each([
    { name: 'azure-conv', recordedRate: 5.53 },
    { name: 'azure-code', recordedRate: 2.57 },
  ])('$name: eight times as fast as recorded, another stretch for each seed', ({ name, recordedRate }) => {
    const workload = loadWorkload(name, { tasks: ['gsm8k', 'math'] });
    expect(workload.durationMs).toBe(120_000);
    expect(workload.meanRatePerSecond / 8).toBeCloseTo(recordedRate, 1);
    const lengths = (seed: number) => [...workload.requests(seed)].map((request) => request.promptTokens);
    expect(lengths(1)).toEqual(lengths(1));
    expect(lengths(1)).not.toEqual(lengths(2));
    expect(lengths(1).length).toBeGreaterThan(100);
  });

  test('the whole trace once: every request, nothing changed but the time', () => {
    const workload = loadWorkload('../shared/data/azure_llm_2023/AzureLLMInferenceTrace_conv.csv');
    expect([...workload.requests(1)]).toHaveLength(19_366);
  });
});

async function written(name: string, text: string): Promise<string> {
  const file = join(await temporaryFolder(), name);
  await writeFile(file, text);
  return file;
}
