import { join } from 'node:path';
import { CsvError } from '../csv/csv-error.ts';
import { readTrace } from '../workloads/trace.ts';
import { byPromptLength, constant, learned } from './predictors.ts';
import { type Score, scoreOf } from './score.ts';

export const traces = ['conv', 'code'] as const;

/** How the predictors did on the second half of one trace, after the first. */
export interface TraceResult {
  readonly trace: (typeof traces)[number];
  readonly trained: number;
  readonly tested: number;
  readonly scores: readonly Score[];
}

/**
 * @param folder of the Azure LLM inference traces of 2023
 * @throws CsvError with every fault of a file
 */
export function compareLengths(folder: string): TraceResult[] {
  return traces.map((trace) => {
    const file = join(folder, `AzureLLMInferenceTrace_${trace}.csv`);
    const requests = readTrace(file);
    if (requests.length < 2)
      throw new CsvError(file, [
        `${file}: expected two requests at least, one to learn from and one to test, got 1`,
      ]);
    const half = Math.floor(requests.length / 2);
    const [train, test] = [requests.slice(0, half), requests.slice(half)];
    const predictors = [
      learned(train, false),
      learned(train, true),
      constant('mean', train),
      constant('median', train),
      byPromptLength(train),
    ];
    return {
      trace,
      trained: train.length,
      tested: test.length,
      scores: predictors.map((predictor) => scoreOf(predictor, test)),
    };
  });
}
