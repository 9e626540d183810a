import { type CommonOptions, readBenchOptions } from '../options.ts';

export interface Options extends CommonOptions {
  /** Length of one measurement of one target. */
  readonly seconds: number;
}

const defaultRounds = 5;
const defaultSeconds = 1.2;

export const usage = `Usage: npm run bench:gateway -- [options]

What this gateway adds to a request, and costs, on bare workerd: against the same upstream reached directly, a
minimal proxy and Portkey's gateway, all measured in turn, round after round.

  --rounds N     rounds; every figure is the median over them (${defaultRounds})
  --seconds S    length of one measurement; a round has four for each target (${defaultSeconds})
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
