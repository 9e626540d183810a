import { type CommonOptions, readBenchOptions } from '../options.ts';

export interface Options extends CommonOptions {
  /** Length of one measurement of the whole gateway. */
  readonly seconds: number;
}

const defaultRounds = 10;
const defaultSeconds = 2;

export const usage = `Usage: npm run bench:policy -- [options]

What the learned policy costs in the Worker, on bare workerd: by onnxruntime-web and by plain loops over the same
weights, beside the shadow price, which needs no network.

  --rounds N     rounds; every figure is the median over them (${defaultRounds})
  --seconds S    length of one measurement of the whole gateway (${defaultSeconds})
  --json         print one JSON document instead of the tables
  --help
`;

/** @throws CommandError naming the flag at fault and its value */
export function readOptions(args: readonly string[]): Options | 'help' {
  const kinds = { seconds: { type: 'string' } } as const;
  return readBenchOptions(args, defaultRounds, kinds, (flags) => ({
    seconds: flags.number('seconds', { least: 0.2, most: 60 }) ?? defaultSeconds,
  }));
}
