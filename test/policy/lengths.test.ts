import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../policy/lengths/arguments.ts';
import { compareLengths } from '../../policy/lengths/lengths.ts';
import { constant, learned } from '../../policy/lengths/predictors.ts';
import { kendallTau } from '../../policy/lengths/rank-correlation.ts';
import { lengthsMarkdown, lengthsTables } from '../../policy/lengths/report.ts';
import { scoreOf } from '../../policy/lengths/score.ts';
import { seededRandom } from '../../src/platform/random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const data = '../shared/data/azure_llm_2023';

describe('Kendall’s τ-b', () => {
  test('is that of all pairs, counted one by one, ties and all', () => {
    const random = seededRandom(5);
    for (let round = 0; round < 50; round++) {
      const draw = () => Array.from({ length: 30 }, () => Math.floor(random() * 12));
      const [a, b] = [draw(), draw()];
      expect(kendallTau(a, b)).toBeCloseTo(countedTau(a, b), 10);
    }
  });

  test('is 1 for the same order, −1 for the reverse, 0 for a constant', () => {
    const values = [3, 1, 4, 1.5, 9];
    expect(kendallTau(values, values)).toBe(1);
    expect(
      kendallTau(
        values,
        values.map((value) => -value),
      ),
    ).toBe(-1);
    expect(
      kendallTau(
        values.map(() => 2),
        values,
      ),
    ).toBe(0);
  });
});

function countedTau(a: readonly number[], b: readonly number[]): number {
  let [ordered, inA, inB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j < i; j++) {
      const [da, db] = [Math.sign(a[i]! - a[j]!), Math.sign(b[i]! - b[j]!)];
      ordered += da * db;
      inA += Math.abs(da);
      inB += Math.abs(db);
    }
  return ordered / Math.sqrt(inA * inB);
}

describe('scores', () => {
  const requests = [10, 20, 30, 40].map((outputTokens) => ({ promptTokens: 5, outputTokens }));

  test('are what they are called', () => {
    const score = scoreOf(constant('mean', requests), requests);
    expect(score.absoluteError).toBe(10);
    expect(score.squareError).toBeCloseTo(Math.sqrt(125), 10);
    // Quantiles 13, 25 and 37 of four lengths.
    expect(score.coverage).toEqual([0.25, 0.5, 0.75]);
    expect(score.pinball).toBeCloseTo(((2.7 + 0.7 + 1.7 + 2.7) / 4 + 5 + (2.7 + 1.7 + 0.7 + 2.7) / 4) / 3, 1);
  });

  test('of a predictor that learns on get better where lengths change', () => {
    const shorter = Array.from({ length: 400 }, () => ({ promptTokens: 5, outputTokens: 3 }));
    const still = scoreOf(learned(requests, false), shorter);
    const on = scoreOf(learned(requests, true), shorter);
    expect(on.absoluteError).toBeLessThan(still.absoluteError / 2);
  });
});

test('a trace of a single request has nothing to learn from', async () => {
  const folder = await temporaryFolder();
  const file = join(folder, 'AzureLLMInferenceTrace_conv.csv');
  await writeFile(file, 'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.68,374,44\n');
  expect(() => compareLengths(folder)).toThrow(`${file}: expected two requests at least`);
});

describe.skipIf(!existsSync(data))(`the Azure traces (${data})`, () => {
  const results = compareLengths(data);
  const errorOf = (trace: string, predictor: string) =>
    results.find((result) => result.trace === trace)!.scores.find((score) => score.predictor === predictor)!;

  test('conversation: prompt lengths tell, and the errors are less than half of the mean’s', () => {
    const [ours, mean] = [errorOf('conv', 'learned'), errorOf('conv', 'the task’s mean')];
    expect(ours.absoluteError).toBeLessThan(mean.absoluteError / 2);
    expect(ours.pinball).toBeLessThan(0.6 * mean.pinball);
    expect(ours.pinball).toBeLessThan(errorOf('conv', 'mean by prompt length').pinball);
    expect(ours.kendallTau).toBeGreaterThan(0.5);
    for (const [index, level] of [0.1, 0.5, 0.9].entries())
      expect(Math.abs(errorOf('conv', 'learned, and learning on').coverage[index]! - level)).toBeLessThan(
        0.02,
      );
  });

  test('code: prompt lengths tell nothing, and nothing is made up', () => {
    const [ours, mean] = [errorOf('code', 'learned'), errorOf('code', 'the task’s mean')];
    expect(ours.pinball).toBeLessThan(1.02 * mean.pinball);
    expect(ours.kendallTau).toBe(0);
  });

  test('both reports show every predictor', () => {
    for (const text of [lengthsTables(results), lengthsMarkdown(results)])
      for (const { predictor } of results[0]!.scores)
        expect(text.split(predictor)).toHaveLength(3 + countWithin(predictor));
  });

  /** Rows of other predictors that hold this one's name. */
  function countWithin(name: string): number {
    return (
      2 * results[0]!.scores.filter(({ predictor }) => predictor !== name && predictor.includes(name)).length
    );
  }
});

test('the command line names what is wrong', () => {
  expect(parseArguments([])).toEqual({ data, json: false, write: false });
  expect(() => parseArguments(['--dta', 'x'])).toThrow('--dta: no such flag');
});
