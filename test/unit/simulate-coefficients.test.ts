import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseServerRow, readServerRow } from '../../policy/simulator/coefficient-file.ts';
import { coefficientsNamed } from '../../policy/simulator/coefficients.ts';

const ladderHeader = 'gpu,model,tp,kv_capacity_tokens,w,c,p,d0,dn,dk,a0,a1,a2,h0,h1';
const ladderRow = 'B200,big-9b,2,9000,5,2e-2,2,.3,0.004,4.2e-5,0.35,0.0003,7E-07,0.4,0.0007';
const ladder = `${ladderHeader}\n${ladderRow}\n`;

const measuredHeader = 'run,max_num_seqs,kv_tokens,overhead_ms,w,c,p,d0,dn,dk,p0,pa,pt,m0,mn,mk,ma,mt,h0,h1';
const measuredRow =
  'RTX/Big,64,5000,0.25,10,0.04,1.6,0.4,0.003,9e-5,0.9,2e-6,0.0,0.03,0.03,1e-4,2e-6,0.001,0.7,0.001';
const measured = `${measuredHeader}\n${measuredRow}\n`;

describe('a row named GPU/model', () => {
  test('has the columns of the formula, decode beside a prefill at the stated factors', () => {
    const { coefficients } = parseServerRow(ladder, 'l.csv', 'B200/big-9b', '--row');
    expect(coefficients).toMatchObject({
      name: 'B200/big-9b',
      linear: { weightsMs: 5, perToken: 0.02, norm: 2 },
      decodeOnly: { base: 0.3, perDecode: 0.004, perContextToken: 4.2e-5 },
      prefillOnly: { perChunk: 0.35, perPrefillToken: 0.0003, perPrefillPair: 7e-7 },
      head: { base: 0.4, perEmitted: 0.0007 },
      allReduce: { base: 0, perToken: 0 },
      overheadMs: 1,
      kvTokens: 9000,
    });
    expect(coefficients.mixed.perDecode).toBeCloseTo(9 * 0.004, 12);
    expect(coefficients.mixed.perContextToken).toBeCloseTo(1.8 * 4.2e-5, 12);
  });

  test('may have an all-reduce, an overhead and limits of its own', () => {
    const header = `${ladderHeader},r0,r1,overhead_ms,max_num_seqs,max_num_batched_tokens`;
    const row = parseServerRow(
      `${header}\n${ladderRow},0.5,0.01,0.2,32,4096`,
      'l.csv',
      'B200/big-9b',
      '--row',
    );
    expect(row.coefficients).toMatchObject({ allReduce: { base: 0.5, perToken: 0.01 }, overheadMs: 0.2 });
    expect(row).toMatchObject({ maxNumSeqs: 32, tokenBudget: 4096 });
  });
});

describe('a row named by its run', () => {
  test('knows three kinds of step, and the limits the server ran with', () => {
    const row = parseServerRow(measured, 'm.csv', 'RTX/Big', '--row');
    expect(row.maxNumSeqs).toBe(64);
    expect(row.coefficients).toMatchObject({
      name: 'RTX/Big',
      prefillOnly: { perChunk: 0.9, perPrefillPair: 2e-6, perPrefillToken: 0 },
      mixed: {
        base: 0.03,
        perDecode: 0.03,
        perContextToken: 1e-4,
        perPrefillPair: 2e-6,
        perPrefillToken: 0.001,
      },
      overheadMs: 0.25,
      kvTokens: 5000,
    });
  });

  test('an empty overhead is the usual 1 ms, an empty KV capacity no limit, empty sequences the usual', () => {
    const row = parseServerRow(measured.replace(',64,5000,0.25,', ',,,,'), 'm.csv', 'RTX/Big', '--row');
    expect(row.coefficients).toMatchObject({ overheadMs: 1, kvTokens: Number.POSITIVE_INFINITY });
    expect(row).not.toHaveProperty('maxNumSeqs');
  });

  test('so are columns that the file lacks', () => {
    const header = measuredHeader.replace(',max_num_seqs,kv_tokens,overhead_ms', '');
    const row = parseServerRow(
      `${header}\n${measuredRow.replace(',64,5000,0.25', '')}`,
      'm.csv',
      'RTX/Big',
      '--row',
    );
    expect(row.coefficients).toMatchObject({ overheadMs: 1, kvTokens: Number.POSITIVE_INFINITY });
  });
});

test('CRLF, a byte order mark, spaces and columns in another order do no harm', () => {
  const swapped = `\uFEFF${measuredHeader} ,extra\r\n${measuredRow}, \r\n`;
  expect(parseServerRow(swapped, 'm.csv', 'RTX/Big', '--row')).toEqual(
    parseServerRow(measured, 'm.csv', 'RTX/Big', '--row'),
  );
});

describe('bad coefficients: file, line, column, expectation and value', () => {
  test.each([
    ['m.csv:1: empty: no header and no rows', ''],
    ['m.csv:1: expected the columns run or gpu,model, which name the rows, got "a,b"', 'a,b\n1,2\n'],
    ['m.csv:1: missing column pa', measured.replace(',pa,', ',pq,')],
    ['m.csv:1: column "run" appears twice', measured.replace('run,', 'run,run,')],
    ['m.csv:3: expected 20 cells (run, max_num_seqs, ', `${measured}RTX/Other,1\n`],
    ['m.csv:2: w: expected a number above 0 and at most 1000000, got "0"', measured.replace(',10,', ',0,')],
    ['m.csv:2: w: expected a number above 0 and at most 1000000, got ""', measured.replace(',10,', ',,')],
    ['m.csv:2: p: expected a number above 0 and at most 100, got "0"', measured.replace(',1.6,', ',0,')],
    ['m.csv:2: dk: expected a number from 0 to 1000000, got "-9e-5"', measured.replace('9e-5', '-9e-5')],
    ['m.csv:2: dk: expected a number from 0 to 1000000, got "NaN"', measured.replace('9e-5', 'NaN')],
    ['m.csv:2: dk: expected a number from 0 to 1000000, got "0x9"', measured.replace('9e-5', '0x9')],
    ['m.csv:2: dk: expected a number from 0 to 1000000, got "9e99"', measured.replace('9e-5', '9e99')],
    [
      'm.csv:2: max_num_seqs: expected a whole number from 1 to 1000000, got "6.4"',
      measured.replace(',64,', ',6.4,'),
    ],
    [
      'm.csv:2: kv_tokens: expected a whole number from 1 to 1000000000000, got "none"',
      measured.replace(',5000,', ',none,'),
    ],
    [
      'm.csv:2: p: expected an exponent that w and c·T (T to 2048) can be raised to and back, got "100"',
      measured.replace(',10,0.04,1.6,', ',2000,0.04,100,'),
    ],
    ['m.csv:2: p: expected an exponent', measured.replace(',10,0.04,1.6,', ',1e-5,1e-9,100,')],
    ['m.csv:2: p: expected an exponent', measured.replace(',1.6,', ',0.0001,')],
  ])('case %#: %s', (message, text) => {
    expect(() => parseServerRow(text, 'm.csv', 'RTX/Big', '--row')).toThrow(message);
  });

  test('every fault of the row is told', () => {
    const text = measured.replace(',10,0.04,', ',x,y,');
    expect(() => parseServerRow(text, 'm.csv', 'RTX/Big', '--row')).toThrow(/m\.csv:2: w: .*\nm\.csv:2: c: /);
  });

  test('an unknown name is answered with the known ones', () => {
    const text = `${measured}${measuredRow.replace('RTX/Big', 'RTX/Bigger')}\n`;
    expect(() => parseServerRow(text, 'm.csv', 'RTX', '--row')).toThrow(
      '--row: no row "RTX" in m.csv; known: RTX/Big, RTX/Bigger',
    );
  });

  test('a name that two rows have is refused, with their lines', () => {
    const text = `${measured}${measuredRow}\n`;
    expect(() => parseServerRow(text, 'm.csv', 'RTX/Big', '--row')).toThrow(
      '--row: m.csv has "RTX/Big" twice, on lines 2 and 3',
    );
  });
});

const data = '../shared/data/latency';
describe.skipIf(!existsSync(data))(`the published files (${data})`, () => {
  test.each([
    ['latency_coefficients.csv', 'A100/opt-6.7b'],
    ['latency_coefficients.csv', 'H100/llama-3.1-70b'],
    ['measured_vllm_coefficients.csv', 'RTX4090/Llama-3.1-8B'],
    ['measured_vllm_coefficients.csv', 'RTXPRO6000/Llama-3.1-8B'],
  ])('%s: %s is the row that comes with the simulator', (file, name) => {
    expect(readServerRow(`${data}/${file}`, name, '--row').coefficients).toEqual(coefficientsNamed(name));
  });
});
