import { parseArgs } from 'node:util';

export interface Options {
  readonly rounds: number;
  /** Length of one measurement of one target. */
  readonly seconds: number;
  readonly json: boolean;
  readonly help: boolean;
}

export const usage = `Usage: npm run bench:gateway -- [options]

What this gateway adds to a request, and costs, on bare workerd: against the same upstream reached directly, a
minimal proxy and Portkey's gateway, all measured in turn, round after round.

  --rounds N     rounds; every figure is the median over them (5)
  --seconds S    length of one measurement; a round has four for each target (1.2)
  --json         print one JSON document instead of the tables
  --help
`;

/** @throws Error that names the option and the received value */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '1.2' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return {
    rounds: Math.round(readNumber('--rounds', values.rounds, 1, 100)),
    seconds: readNumber('--seconds', values.seconds, 0.2, 60),
    json: values.json,
    help: values.help,
  };
}

function readNumber(option: string, text: string, low: number, high: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= low && value <= high) return value;
  throw new Error(`${option}: must be a number from ${low} to ${high}, received ${JSON.stringify(text)}`);
}
