import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CsvError } from '../../policy/csv/csv-error.ts';
import { parseTrace, readTrace } from '../../policy/workloads/trace.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const azureHeader = 'TIMESTAMP,ContextTokens,GeneratedTokens';
const plainHeader = 'arrival_ms,input_tokens,output_tokens';

describe('good traces', () => {
  test('Azure: arrivals count from the first row and keep all seven decimals', () => {
    const text = `${azureHeader}\r\n2023-11-16 18:15:59.9999999,374,44\r\n2023-11-16 18:16:00.0000001,396,109`;
    expect(parseTrace(text, 'a.csv')).toEqual([
      { arrivalMs: 0, promptTokens: 374, outputTokens: 44 },
      { arrivalMs: 0.0002, promptTokens: 396, outputTokens: 109 },
    ]);
  });

  test("the dataset's 2024 spelling of time reads too", () => {
    const text = `${azureHeader}\n2024-05-10 00:00:00.009930+00:00,1,1\n2024-05-10T00:00:01Z,1,1\n`;
    expect(parseTrace(text, 'a.csv')[1]!.arrivalMs).toBe(990.07);
  });

  test('plain: arrivals as they stand, columns in any order', () => {
    const text = 'output_tokens,arrival_ms,input_tokens\n3,250.5,7\n';
    expect(parseTrace(text, 'a.csv')).toEqual([{ arrivalMs: 250.5, promptTokens: 7, outputTokens: 3 }]);
  });

  test('plain with measured times', () => {
    const text = `${plainHeader},ttft_ms,e2e_ms\n0.000,2358,531,691.279,17572.162\n`;
    expect(parseTrace(text, 'a.csv')[0]!.measured).toEqual({ ttftMs: 691.279, e2eMs: 17_572.162 });
  });

  test('numbers as tools write them, who make fractions of columns and powers of ten of large and small ones', () => {
    const text = `${plainHeader},ttft_ms,e2e_ms\n1.25e-05,531.0,1.2E+01,6.912790e+02,17572\n`;
    expect(parseTrace(text, 'a.csv')).toEqual([
      {
        arrivalMs: 0.000_013,
        promptTokens: 531,
        outputTokens: 12,
        measured: { ttftMs: 691.279, e2eMs: 17_572 },
      },
    ]);
  });

  test('lines may end in several ways in one file', () => {
    const text = `${plainHeader}\n0,1,1\r\n1,1,1\r2,1,1\n`;
    expect(parseTrace(text, 'a.csv').map(({ arrivalMs }) => arrivalMs)).toEqual([0, 1, 2]);
    expect(parseTrace(text.replace('\n', '\r\n'), 'a.csv')).toEqual(parseTrace(text, 'a.csv'));
  });

  test('a byte order mark, quotes and empty lines at the end do no harm', () => {
    expect(parseTrace(`\uFEFF${plainHeader}\n"1","2","3"\n\n\n`, 'a.csv')).toHaveLength(1);
  });
});

describe('bad traces: file, line, column, expectation and value', () => {
  test.each([
    ['negative', '1,-5,3', 'bad.csv:2: input_tokens: expected a whole number from 1 to 10000000, got "-5"'],
    ['empty cell', '1,,3', 'bad.csv:2: input_tokens: expected a whole number from 1 to 10000000, got ""'],
    [
      'not a number',
      '1,5,many',
      'bad.csv:2: output_tokens: expected a whole number from 1 to 10000000, got "many"',
    ],
    [
      'a fraction of a token',
      '1,5.5,3',
      'bad.csv:2: input_tokens: expected a whole number from 1 to 10000000, got "5.5"',
    ],
    ['no tokens', '1,0,3', 'bad.csv:2: input_tokens: expected a whole number from 1 to 10000000, got "0"'],
    [
      'absurd length',
      '1,5,10000001',
      'bad.csv:2: output_tokens: expected a whole number from 1 to 10000000, got "10000001"',
    ],
    [
      'absurd arrival',
      '1e99,5,3',
      'bad.csv:2: arrival_ms: expected milliseconds from 0 to 31622400000, got "1e99"',
    ],
    [
      'negative arrival',
      '-1,5,3',
      'bad.csv:2: arrival_ms: expected milliseconds from 0 to 31622400000, got "-1"',
    ],
    ['NaN', 'NaN,5,3', 'bad.csv:2: arrival_ms: expected milliseconds from 0 to 31622400000, got "NaN"'],
    ['cell missing', '1,5', 'bad.csv:2: expected 3 cells (arrival_ms, input_tokens, output_tokens), got 2'],
    [
      'cell too many',
      '1,5,3,9',
      'bad.csv:2: expected 3 cells (arrival_ms, input_tokens, output_tokens), got 4',
    ],
    ['unsorted', '5,1,1\n4,1,1', 'bad.csv:3: arrival_ms: "4" is earlier than "5" on line 2'],
    [
      'empty line between',
      '5,1,1\n\n6,1,1',
      'bad.csv:3: expected 3 cells (arrival_ms, input_tokens, output_tokens), got an empty line',
    ],
    [
      'lines that end otherwise than the header',
      '0,1,1\r\n1,1,1\r\n2,x,1\r\n',
      'bad.csv:4: input_tokens: expected a whole number from 1 to 10000000, got "x"',
    ],
  ])('%s', (_, rows, message) => {
    expect(faultsOf(`${plainHeader}\n${rows}`)).toEqual([message]);
  });

  test.each([
    '2023-02-30 00:00:00.0000000',
    '2023-13-01 00:00:00.0000000',
    '2023-11-16 25:00:00.0000000',
    '2023-11-16',
    'yesterday',
  ])('no such time: %s', (time) => {
    expect(faultsOf(`${azureHeader}\n${time},1,1`)).toEqual([
      `bad.csv:2: TIMESTAMP: expected a time such as 2023-11-16 18:15:46.6805900, got "${time}"`,
    ]);
  });

  test('a bad measured time', () => {
    expect(faultsOf(`${plainHeader},ttft_ms\n1,2,3,soon`)).toEqual([
      'bad.csv:2: ttft_ms: expected milliseconds from 0 to 31622400000, got "soon"',
    ]);
  });

  test('missing columns, with what was got', () => {
    expect(faultsOf('arrival_ms,input_tokens\n1,2')).toEqual([
      `bad.csv:1: missing column "output_tokens"; expected ${azureHeader} or ${plainHeader}, got "arrival_ms,input_tokens"`,
    ]);
  });

  test('a column twice', () => {
    expect(faultsOf(`${plainHeader},input_tokens\n1,2,3,4`)).toEqual([
      'bad.csv:1: column "input_tokens" appears twice',
    ]);
  });

  test('nothing at all, and nothing after the header', () => {
    expect(faultsOf('')).toEqual(['bad.csv:1: empty: no header and no requests']);
    expect(faultsOf(plainHeader)).toEqual(['bad.csv:1: no requests after the header']);
  });

  test('a quote that never closes', () => {
    expect(faultsOf(`${plainHeader}\n"1,2,3\n`)[0]).toMatch(/^bad\.csv: Quote Not Closed/);
  });

  test('every fault of a file is reported at once, in a message of bounded length', () => {
    const rows = Array.from({ length: 30 }, (_, index) => `${index},x,1`).join('\n');
    const error = errorOf(`${plainHeader}\n${rows}`);
    expect(error.faults).toHaveLength(30);
    expect(error.message.split('\n')).toHaveLength(21);
    expect(error.message).toMatch(/and 10 more faults$/);
  });

  test('a long value is shown in part', () => {
    expect(faultsOf(`${plainHeader}\n1,${'9'.repeat(500)},1`)[0]!.length).toBeLessThan(200);
  });

  test('a file that is not there, and a folder', () => {
    expect(() => readTrace('no-such.csv')).toThrow('no-such.csv: no such file');
    expect(() => readTrace(tmpdir())).toThrow(`${tmpdir()}: not a file`);
  });

  test('a file that cannot be read, with the system’s own reason', () => {
    const name = `${'long'.repeat(100)}.csv`;
    expect(() => readTrace(name)).toThrow(CsvError);
    expect(() => readTrace(name)).toThrow(`${name}: cannot be read: ENAMETOOLONG`);
  });
});

test('a file on disk reads as its text does', async () => {
  const file = join(await temporaryFolder(), 'trace.csv');
  await writeFile(file, `${plainHeader}\n1,2,3\n`);
  expect(readTrace(file)).toEqual([{ arrivalMs: 1, promptTokens: 2, outputTokens: 3 }]);
});

test('an answer that ends before its first token is refused', () => {
  const text = `${plainHeader},ttft_ms,e2e_ms\n0,1,2,30,40\n0,1,1,30,29.9\n0,1,2,30,28.5\n`;
  expect(faultsOf(text)).toEqual([
    'bad.csv:4: the end, after 28.5 ms, is before the first token, after 30 ms',
  ]);
});

test('what a reader cannot serve is a fault of its line, told with the others', () => {
  const noneLong = ({ promptTokens }: { promptTokens: number }) =>
    promptTokens > 5 ? `${promptTokens} is too long` : undefined;
  const text = `${plainHeader}\n0,6,1\n1,5,1\n2,x,1\n`;
  expect(() => parseTrace(text, 'bad.csv', noneLong)).toThrow(
    /^bad\.csv:2: 6 is too long\nbad\.csv:4: input_tokens: .*$/,
  );
});

describe.skipIf(!existsSync('../shared/data/azure_llm_2023'))(
  'the recorded Azure traces (../shared/data)',
  () => {
    test.each([
      { name: 'conv', count: 19_366, ratePerSecond: 5.53, promptMean: 1_154.7, outputMean: 211.1 },
      { name: 'code', count: 8_819, ratePerSecond: 2.57, promptMean: 2_047.8, outputMean: 27.9 },
    ])('$name: as many requests, as fast and as long as its description says', (expected) => {
      const requests = readTrace(`../shared/data/azure_llm_2023/AzureLLMInferenceTrace_${expected.name}.csv`);
      expect(requests).toHaveLength(expected.count);
      expect((requests.length / requests.at(-1)!.arrivalMs) * 1000).toBeCloseTo(expected.ratePerSecond, 2);
      const mean = (of: 'promptTokens' | 'outputTokens') =>
        requests.reduce((total, request) => total + request[of], 0) / requests.length;
      expect(mean('promptTokens')).toBeCloseTo(expected.promptMean, 1);
      expect(mean('outputTokens')).toBeCloseTo(expected.outputMean, 1);
    });
  },
);

function faultsOf(text: string): readonly string[] {
  return errorOf(text).faults;
}

function errorOf(text: string): CsvError {
  try {
    parseTrace(text, 'bad.csv');
  } catch (error) {
    if (error instanceof CsvError) return error;
  }
  throw new Error('expected a CsvError');
}
