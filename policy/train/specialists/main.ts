import { availableParallelism } from 'node:os';
import { CommandError } from '../../command-line/command-error.ts';
import { Flags } from '../../command-line/flags.ts';
import { runInterruptible } from '../../command-line/interruptible.ts';
import { cases } from './cases.ts';
import { trainSpecialists } from './specialists.ts';

const names = Object.keys(cases);
const usage = `Usage: npm run train:specialists [-- --only CASE,… --workers N]

Trains the general policy on for single cases, each alone, so that the evaluation can say what it loses by knowing none of
them. Writes policy/artifacts/specialists.json after every case, and leaves out those that are in it already.

  --only CASE,…   of ${names.join(', ')}
  --workers N     threads (default: one per core); the result does not depend on it
  --help          this text
`;

const flags = { only: { type: 'string' }, workers: { type: 'string' }, help: { type: 'boolean' } } as const;

interface Command {
  readonly only: readonly string[];
  readonly workers: number;
}

function parse(args: readonly string[]): Command | 'help' {
  const given = new Flags<keyof typeof flags>(flags, args);
  if (given.has('help')) return 'help';
  const only = given.text('only')?.split(',') ?? names;
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new CommandError(`--only: no case "${unknown}"; known: ${names.join(', ')}`);
  const workers = given.number('workers', { least: 1, most: 1_000, whole: true }) ?? availableParallelism();
  return { only, workers };
}

await runInterruptible<Command>({
  usage,
  parse,
  run: async ({ only, workers }, signal) => {
    const onCase = (text: string) => process.stderr.write(`${text}\n`);
    const done = await trainSpecialists({ only, workers, signal, onCase });
    return done ? `specialists for ${only.length} cases are there\n` : undefined;
  },
  goingOn: 'the same command goes on with the case it was at',
});
