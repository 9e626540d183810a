import { type CommonOptions, readBenchOptions } from '../options.ts';

export interface Options extends CommonOptions {
  /** Requests that both simulators serve in one measurement. */
  readonly requests: number;
  readonly trace: string;
}

const defaultRequests = 2_000;
const defaultRounds = 5;
const defaultTrace = '../shared/data/azure_llm_2023/AzureLLMInferenceTrace_conv.csv';

export const usage = `Usage: npm run bench:simulator -- [options]

How many requests per second of one core the simulator serves on one simulated H100 with Llama 3.1 8B, beside
inference-lab, whose package for npm is fetched on first use.

  --requests N   requests of a measurement beside inference-lab (${defaultRequests}); its time for one grows with
                 their number (sums over the whole past, every simulated second), so more are not to its favour
  --rounds N     rounds; every figure is the median over them (${defaultRounds})
  --trace FILE   recorded requests that this simulator serves besides; left out where there is no such file
                 (${defaultTrace})
  --json         print one JSON document instead of the tables
  --help
`;

/** @throws CommandError naming the flag at fault and its value */
export function readOptions(args: readonly string[]): Options | 'help' {
  const kinds = { requests: { type: 'string' }, trace: { type: 'string' } } as const;
  return readBenchOptions(args, defaultRounds, kinds, (flags) => ({
    requests: flags.number('requests', { least: 10, most: 20_000, whole: true }) ?? defaultRequests,
    trace: flags.text('trace') ?? defaultTrace,
  }));
}
