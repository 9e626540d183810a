import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadWorkload } from '../../policy/workloads/load.ts';
import { WorkloadError } from '../../policy/workloads/workload-error.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const steady = { durationS: 10, arrivals: { kind: 'steady', requestsPerSecond: 5 } };
const withArrivals = (arrivals: unknown) => ({ durationS: 10, arrivals });
const withRate = (requestsPerSecond: unknown) => withArrivals({ kind: 'steady', requestsPerSecond });
const quiet = { requestsPerSecond: 0, meanDurationS: 1 };

describe('a faulty workload file: file, field, expectation and received value', () => {
  test.each([
    ['a rate of zero', withRate(0), ['arrivals.requestsPerSecond: expected more than 0, received 0']],
    ['a negative rate', withRate(-1), ['arrivals.requestsPerSecond: expected more than 0, received -1']],
    [
      'an absurd rate',
      withRate(1e12),
      ['arrivals.requestsPerSecond: expected at most 1000000, received 1000000000000'],
    ],
    ['a rate that is text', withRate('5'), ['arrivals.requestsPerSecond: expected number, received "5"']],
    ['no rate', withRate(undefined), ['arrivals.requestsPerSecond: expected number, received nothing']],
    [
      'an unknown process',
      withArrivals({ kind: 'poison', requestsPerSecond: 5 }),
      [
        'arrivals.kind: expected steady, regimes, markov, schedule, trace, records, servegen, received "poison"',
      ],
    ],
    [
      'a range upside down',
      withArrivals({ kind: 'regimes', requestsPerSecond: { from: 5, to: 2 }, durationS: { from: 1, to: 2 } }),
      ['arrivals.requestsPerSecond: expected "from" not to be above "to", received {"from":5,"to":2}'],
    ],
    [
      'states of silence only',
      withArrivals({ kind: 'markov', states: [quiet, quiet] }),
      [
        'arrivals.states: expected a rate: at least one "requestsPerSecond" must be above 0, received [{"requestsPerSecond":0,"meanDurationS":1},{"requestsPerSecond":0,"meanDurationS":1}]',
      ],
    ],
    [
      'a single state',
      withArrivals({ kind: 'markov', states: [{ requestsPerSecond: 2, meanDurationS: 1 }] }),
      ['arrivals.states: expected at least 2 entries, received [{"requestsPerSecond":2,"meanDurationS":1}]'],
    ],
    [
      'a schedule of nothing',
      withArrivals({ kind: 'schedule', phases: [] }),
      [
        'arrivals.phases: expected at least 1 entries, received []',
        'arrivals.phases: expected a rate: at least one "requestsPerSecond" must be above 0, received []',
      ],
    ],
    [
      'gaps that do not vary',
      withArrivals({ kind: 'steady', requestsPerSecond: 5, gaps: { kind: 'gamma', cv: 0 } }),
      ['arrivals.gaps.cv: expected at least 0.05, received 0'],
    ],
    ['nothing at all', {}, ['arrivals: expected object, received nothing']],
    ['a list', [], ['document: expected object, received []']],
    ['a misspelt field', { ...steady, duraton: 3 }, ['duraton: no such field, received 3']],
    ['no end', { arrivals: steady.arrivals }, ['durationS: missing, since the arrivals have no end']],
    ['a negative duration', { ...steady, durationS: -3 }, ['durationS: expected more than 0, received -3']],
    [
      'more requests than anybody waits for',
      { durationS: 30_000_000, arrivals: { kind: 'steady', requestsPerSecond: 1_000_000 } },
      [
        'durationS: 30000000 s at 1000000 requests per second are 30000000000000 requests, at most 1000000000 are made',
      ],
    ],
    [
      'shares of nothing',
      { ...steady, mix: { kind: 'fixed', shares: { a: 0 } } },
      ['mix.shares: expected a share above 0, received {"a":0}'],
    ],
    [
      'a mix of tasks the file does not have',
      { ...steady, tasks: { a: {} }, mix: { kind: 'fixed', shares: { b: 1 } } },
      ['mix.shares: received task "b", tasks has a'],
    ],
    ['no tasks', { ...steady, tasks: {} }, ['tasks: expected at least one task, received {}']],
    [
      'a task that could not be sent in a header',
      { ...steady, tasks: { 'a b': {} } },
      ['tasks.a b: expected letters, digits, ".", "_" and "-", at most 64 of them, received "a b"'],
    ],
    [
      'a task that every object has',
      { ...steady, mix: { kind: 'fixed', shares: { constructor: 1 } } },
      ['mix.shares.constructor: expected a name that not every object has, received "constructor"'],
    ],
    [
      'states so short that time does not move on',
      withArrivals({ kind: 'markov', states: [quiet, { requestsPerSecond: 5, meanDurationS: 1e-300 }] }),
      ['arrivals.states[1].meanDurationS: expected at least 0.001, received 1e-300'],
    ],
    [
      'phases so short',
      withArrivals({ kind: 'schedule', phases: [{ requestsPerSecond: 5, durationS: 1e-9 }] }),
      ['arrivals.phases[0].durationS: expected at least 0.001, received 1e-9'],
    ],
    [
      'a mix redrawn as often',
      { ...steady, mix: { kind: 'redrawn', everyS: { from: 0.0001, to: 1 } } },
      ['mix.everyS.from: expected at least 0.001, received 0.0001'],
    ],
    [
      'points out of order',
      {
        ...steady,
        mix: {
          kind: 'shift',
          points: [
            { atS: 5, shares: { a: 1 } },
            { atS: 5, shares: { a: 1 } },
          ],
        },
      },
      [
        'mix.points: expected "atS" to increase from point to point, received [{"atS":5,"shares":{"a":1}},{"atS":5,"shares":{"a":1}}]',
      ],
    ],
    [
      'recorded lengths of what was not recorded',
      { ...steady, lengths: { kind: 'recorded' } },
      ['lengths.kind: "recorded" needs arrivals of kind "trace" or "records", received "steady"'],
    ],
    [
      'two faults at once',
      {
        ...steady,
        lengths: {
          kind: 'independent',
          promptTokens: { kind: 'uniform', from: 10, to: 5 },
          outputTokens: { kind: 'constant', tokens: 0 },
        },
      },
      [
        'lengths.promptTokens: expected "from" not to be above "to", received {"kind":"uniform","from":10,"to":5}',
        'lengths.outputTokens.tokens: expected more than 0, received 0',
      ],
    ],
    [
      'a negative error of predictions',
      { ...steady, predictions: { sigma: -1 } },
      ['predictions.sigma: expected at least 0, received -1'],
    ],
    [
      'a start that is neither drawn nor a time',
      withArrivals({ kind: 'trace', file: 'a.csv', startS: 'now' }),
      ['arrivals.startS: expected "drawn" or seconds from 0 on, received "now"'],
    ],
  ])('%s', async (_, document, expected) => {
    const file = await written('workload.json', JSON.stringify(document));
    expect(faultsOf(() => loadWorkload(file))).toEqual(expected.map((fault) => `${file}: ${fault}`));
  });

  test('a recording that is not there', async () => {
    const file = await written('workload.json', '{"arrivals":{"kind":"trace","file":"gone.csv"}}');
    expect(() => loadWorkload(file)).toThrow(/workload\.json: arrivals\.file: no such file: .*gone\.csv$/);
  });

  test('data of the benchmark that are not there, with the way out', () => {
    expect(() => loadWorkload('azure-conv', { dataFolder: '/nowhere' })).toThrow(
      /^azure-conv: arrivals\.file: no such file: .*nowhere\/azure_llm_2023\/AzureLLMInferenceTrace_conv\.csv; the benchmark's data does not come with the project: name its folder$/,
    );
    expect(() => loadWorkload('servegen', { dataFolder: '/nowhere' })).toThrow(
      'servegen: arrivals.folder: no such file',
    );
  });

  test('text that is no JSON, or nothing', async () => {
    const broken = await written('workload.json', '{"durationS":}');
    expect(() => loadWorkload(broken)).toThrow(`${broken}: not JSON: Unexpected token`);
    const empty = await written('workload.json', '');
    expect(() => loadWorkload(empty)).toThrow(`${empty}: not JSON: Unexpected end of JSON input`);
    const twice = await written('workload.json', `{"durationS":9,${JSON.stringify(steady).slice(1)}`);
    expect(() => loadWorkload(twice)).toThrow(`${twice}: not JSON: "durationS" is given twice in one object`);
    const nested = JSON.stringify({ ...steady, mix: { kind: 'fixed', shares: { a: 1, 'b-\u00e9"': 1 } } });
    const same = await written('workload.json', nested.replace('"b-é\\"":1', '"b":1,"\\u0062":2'));
    expect(() => loadWorkload(same)).toThrow(`${same}: not JSON: "b" is given twice in one object`);
  });

  test('a byte order mark is no part of a document', async () => {
    expect(loadWorkload(await written('workload.json', `\uFEFF${JSON.stringify(steady)}`)).durationMs).toBe(
      10_000,
    );
  });

  test('a number beyond all numbers, by its name', async () => {
    const file = await written('workload.json', '{"durationS":1e999,"arrivals":{"kind":"steady"}}');
    expect(faultsOf(() => loadWorkload(file))).toContain(
      `${file}: durationS: expected number, received Infinity`,
    );
  });

  test('a base nobody knows', async () => {
    const file = await written('workload.json', '{"extends":"strom"}');
    expect(() => loadWorkload(file)).toThrow(`${file}: extends: expected one of stable, storm, surge,`);
  });
});

describe('a faulty call', () => {
  test.each(['calm', 'constructor', 'workload.yaml'])('%s is no workload', (name) => {
    expect(() => loadWorkload(name)).toThrow(
      `no workload "${name}": expected stable, storm, surge, storm-heavy,`,
    );
  });

  test('a file that is not there', () => {
    expect(() => loadWorkload('nowhere.json')).toThrow('nowhere.json: no such file');
  });

  test('tasks the fleet does not have', async () => {
    const file = await written(
      'workload.json',
      JSON.stringify({ ...steady, mix: { kind: 'fixed', shares: { a: 1, b: 1 } } }),
    );
    expect(faultsOf(() => loadWorkload(file, { tasks: ['a', 'c'] }))).toEqual([
      `${file}: mix.shares: received task "b", the fleet has a, c`,
    ]);
  });

  test.each([
    [{ ratePerSecond: 0 }, 'ratePerSecond: expected a number above 0, received 0'],
    [{ durationMs: Number.POSITIVE_INFINITY }, 'durationMs: expected a number above 0, received Infinity'],
    [{ predictionSigma: -0.1 }, 'predictionSigma: expected "none" or a number from 0 to 5, received -0.1'],
    [{ tasks: [] }, 'tasks: expected at least one, received none'],
  ])('%o', (options, message) => {
    expect(() => loadWorkload('stable', options)).toThrow(message);
  });

  test.each([-1, 0.5, 2 ** 32, Number.NaN])('seed %d', (seed) => {
    expect(() => loadWorkload('stable').requests(seed)).toThrow(
      `seed: expected a whole number from 0 to 4294967295, received ${seed}`,
    );
  });
});

test('a seed that draws no request is refused, whatever draws them', async () => {
  const never = { ...steady, durationS: 1, arrivals: { kind: 'steady', requestsPerSecond: 0.001 } };
  const file = await written('rare.json', JSON.stringify(never));
  expect(() => loadWorkload(file).requests(3)).toThrow(
    new WorkloadError([
      `${file}: durationS: with seed 3 no request arrives within 1 s at 0.001 per second on average`,
    ]),
  );
  const trace = await written(
    'trace.csv',
    'arrival_ms,input_tokens,output_tokens\n900000,5,5\n1000000,5,5\n',
  );
  const late = loadWorkload(trace, { durationMs: 1_000 });
  expect(() => late.requests(1)).toThrow('trace.csv: durationS: with seed 1 no request arrives within 1 s');
  expect(late.draws(1)).toBe(false);
  expect(loadWorkload(trace, { durationMs: 1_000_000 }).draws(1)).toBe(true);
});

async function written(name: string, text: string): Promise<string> {
  const file = join(await temporaryFolder(), name);
  await writeFile(file, text);
  return file;
}

function faultsOf(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof WorkloadError) return error.faults;
    throw error;
  }
  throw new Error('expected a WorkloadError');
}
