import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { fleetNames } from '../arena/named-fleets.ts';
import { CommandError } from '../command-line/command-error.ts';
import { Flags } from '../command-line/flags.ts';
import { type TunableName, tunableNames } from '../rivals/tunable.ts';
import { tunedFile } from '../rivals/tuned.ts';
import type { TuningTask } from './objective.ts';
import type { SearchSizes } from './tune.ts';

export interface TuneCommand {
  readonly tasks: readonly TuningTask[];
  readonly sizes: SearchSizes;
  readonly workers: number;
  readonly out: string;
  readonly stateFolder: string;
  readonly json: boolean;
}

const defaults = { seed: 1, iterations: 10, population: 16, seeds: 4, durationS: 60, state: 'out/tune' };

export const usage = `Usage: npm run tune -- --fleet NAME|FILE --workload NAME|FILE --scorer NAME[,NAME…] [options]

Searches for a scorer's parameters by the cross-entropy method: the best mean utility on training
seeds (from 1,000,000 on; evaluation uses 1 to 999). Stopped by Ctrl-C, it goes on where it was when
started again with the same flags.

  --fleet NAME      ${fleetNames.join(', ')}, or a fleet file (.json)
  --workload NAME   a bundled workload or a workload file
  --scorer NAME     ${tunableNames.join(', ')}, or all
  --seeds N         training seeds each point is tried on (default ${defaults.seeds})
  --duration S      simulated seconds of each (default ${defaults.durationS})
  --rates R,R,…     mean requests per second; each seed is played at each of them, and they count alike
                    (default: the workload's own). Tune over the rates that will be met: a rule
                    tuned under overload turns the best model away when there is room
  --iterations I    (default ${defaults.iterations})
  --population P    points per iteration (default ${defaults.population})
  --seed N          seed of the search (default ${defaults.seed})
  --workers N       threads (default: one per core); the result does not depend on it
  --out FILE        where the results are kept (default policy/artifacts/tuned.json); what is there
                    for the same fleet and workload is among the first points tried
  --state DIR       where a stopped search leaves its state (default ${defaults.state})
  --json            print the results as one JSON document
  --help            this text
`;

const flags = {
  fleet: { type: 'string' },
  workload: { type: 'string' },
  scorer: { type: 'string' },
  seeds: { type: 'string' },
  duration: { type: 'string' },
  rates: { type: 'string' },
  iterations: { type: 'string' },
  population: { type: 'string' },
  seed: { type: 'string' },
  workers: { type: 'string' },
  out: { type: 'string' },
  state: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/** @throws CommandError naming the flag at fault and its value */
export function parseArguments(args: readonly string[]): TuneCommand | 'help' {
  const given = new Flags<keyof typeof flags>(flags, args);
  if (given.has('help')) return 'help';
  const task = {
    fleet: given.required('fleet'),
    workload: given.required('workload'),
    durationMs: (given.number('duration', { above: 0, most: 86_400 }) ?? defaults.durationS) * 1000,
    ratesPerSecond: given.numbers('rates', { above: 0, most: 100_000 }),
  };
  const count = (flag: 'seeds' | 'iterations' | 'population' | 'workers', least: number) =>
    given.number(flag, { least, most: 100_000, whole: true });
  return {
    tasks: scorersOf(given).map((scorer) => ({ ...task, scorer })),
    sizes: {
      seed: given.number('seed', { least: 0, most: 2 ** 32 - 1, whole: true }) ?? defaults.seed,
      iterations: count('iterations', 1) ?? defaults.iterations,
      population: count('population', 4) ?? defaults.population,
      seeds: count('seeds', 1) ?? defaults.seeds,
    },
    workers: count('workers', 1) ?? availableParallelism(),
    out: given.text('out') ?? fileURLToPath(tunedFile),
    stateFolder: given.text('state') ?? defaults.state,
    json: given.has('json'),
  };
}

function scorersOf(given: Flags<keyof typeof flags>): readonly TunableName[] {
  const text = given.required('scorer');
  if (text === 'all') return tunableNames;
  return text.split(',').map((name) => {
    const known = tunableNames.find((tunable) => tunable === name.trim());
    if (known === undefined)
      throw new CommandError(`--scorer: expected ${tunableNames.join(', ')} or all, got "${text}"`);
    return known;
  });
}
