import { Flags } from '../../../policy/command-line/flags.ts';

export interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly json: boolean;
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

const flags = {
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/** @throws CommandError naming the flag at fault and its value */
export function readOptions(args: readonly string[]): Options | 'help' {
  const values = new Flags<keyof typeof flags>(flags, args);
  if (values.has('help')) return 'help';
  return {
    rounds: values.number('rounds', { least: 1, most: 100, whole: true }) ?? defaultRounds,
    seconds: values.number('seconds', { least: 0.2, most: 60 }) ?? defaultSeconds,
    json: values.has('json'),
  };
}
