import { type FlagKinds, Flags } from '../../policy/command-line/flags.ts';

/** What every benchmark may be told. */
export interface CommonOptions {
  /** Everything is measured in turn, so often; every figure is the median over them. */
  readonly rounds: number;
  /** One JSON document instead of the tables. */
  readonly json: boolean;
}

const commonKinds = {
  rounds: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/**
 * The command line of a benchmark.
 * @param kinds of the flags that it has besides
 * @param own reads those
 * @throws CommandError naming the flag at fault and its value
 */
export function readBenchOptions<Name extends string, Own>(
  args: readonly string[],
  defaultRounds: number,
  kinds: FlagKinds & Readonly<Record<Name, unknown>>,
  own: (flags: Flags<Name>) => Own,
): (CommonOptions & Own) | 'help' {
  const flags = new Flags<Name | keyof typeof commonKinds>({ ...kinds, ...commonKinds }, args);
  if (flags.has('help')) return 'help';
  return {
    rounds: flags.number('rounds', { least: 1, most: 100, whole: true }) ?? defaultRounds,
    json: flags.has('json'),
    ...own(flags),
  };
}
