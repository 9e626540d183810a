import { fleetNames } from '../arena/named-fleets.ts';
import { CommandError } from '../command-line/command-error.ts';
import { Flags } from '../command-line/flags.ts';
import { contenderNames } from '../rivals/contenders.ts';
import { bundledNames } from '../workloads/file/bundled.ts';
import type { Setting } from './trial.ts';

export interface EvaluateCommand {
  /** Absent: the standard table. */
  readonly asked:
    | {
        readonly setting: Omit<Setting, 'conditions'>;
        readonly scorers: readonly string[];
        /** A file; absent: ideal ones. */
        readonly conditions: string | undefined;
      }
    | undefined;
  readonly seeds: number;
  readonly availability: boolean;
  readonly json: boolean;
  /** Threads at most; absent: one per core. */
  readonly workers: number | undefined;
  /** Absent: `out/evaluate`, and the project's artifacts for the standard table's documents. */
  readonly out: string | undefined;
}

/** Fewer say nothing that lasts. */
const defaultSeeds = 10;
/** Training's begin at a million; nobody needs a thousand. */
const mostSeeds = 999;

export const usage = `Usage: npm run evaluate [-- --fleet F --workload W --scorers A,B,… [options]]

Runs scorers on the same simulated requests: every measure of the benchmark as a mean over seeds with its
95 % interval, and paired differences of utility. Without --fleet, --workload and --scorers: the standard
table, into eval.json, eval.md and pictures. Ctrl-C stops it; the same command goes on where it was.

  --fleet F         ${fleetNames.join(', ')}, or a fleet file (.json)
  --workload W      ${wrapped(bundledNames)},
                    or a file (.json, .csv, .jsonl)
  --scorers A,B,…   ${wrapped(contenderNames)},
                    static:VARIANT, static-large@GPUS, shadow-price@FLEET/WORKLOAD, dqn@FLEET/WORKLOAD
  --conditions FILE delays, stale snapshots and faults that everybody meets (policy/arena/README.md;
                    default: none)
  --seeds N         evaluate on seeds 1 … N (default ${defaultSeeds}; in the standard table three times as
                    many of traces and of loads that change seldom)
  --duration S      simulated seconds of each run (default: the workload's own)
  --availability    also find each scorer's availability: the largest rate of the workload "stable"
                    at which at least 99 % of requests are on time
  --json            print one JSON document instead of tables (npm adds two lines of its own unless
                    told "npm run --silent evaluate")
  --workers W       threads (default: one per core); results do not depend on it
  --out DIR         where finished runs are kept (default out/evaluate) and the standard table's
                    documents go (default policy/artifacts)
  --help            this text
`;

const flags = {
  fleet: { type: 'string' },
  workload: { type: 'string' },
  scorers: { type: 'string' },
  conditions: { type: 'string' },
  seeds: { type: 'string' },
  duration: { type: 'string' },
  availability: { type: 'boolean' },
  json: { type: 'boolean' },
  workers: { type: 'string' },
  out: { type: 'string' },
  help: { type: 'boolean' },
} as const;
type Given = Flags<keyof typeof flags>;

/** @throws CommandError naming the flag at fault and its value */
export function parseArguments(args: readonly string[]): EvaluateCommand | 'help' {
  const given: Given = new Flags(flags, args);
  if (given.has('help')) return 'help';
  return {
    asked: askedOf(given),
    seeds: given.number('seeds', { least: 1, most: mostSeeds, whole: true }) ?? defaultSeeds,
    availability: given.has('availability'),
    json: given.has('json'),
    workers: given.number('workers', { least: 1, most: 1_000, whole: true }),
    out: given.text('out'),
  };
}

function askedOf(given: Given): EvaluateCommand['asked'] {
  const durationS = given.number('duration', { above: 0, most: 86_400 });
  if (!given.has('fleet') && !given.has('workload') && !given.has('scorers')) {
    for (const flag of ['conditions', 'duration', 'availability'] as const)
      if (given.has(flag)) throw new CommandError(`--${flag}: only with --fleet, --workload and --scorers`);
    return undefined;
  }
  const setting = { fleet: given.required('fleet'), workload: given.required('workload') };
  return {
    setting: durationS === undefined ? setting : { ...setting, durationMs: durationS * 1000 },
    scorers: scorersOf(given.required('scorers')),
    conditions: given.text('conditions'),
  };
}

function scorersOf(text: string): string[] {
  const scorers = text.split(',').map((name) => name.trim());
  if (scorers.includes(''))
    throw new CommandError(`--scorers: expected names separated by commas, got "${text}"`);
  const twice = scorers.find((name, index) => scorers.indexOf(name) !== index);
  if (twice !== undefined) throw new CommandError(`--scorers: "${twice}" is given twice`);
  return scorers;
}

/** Names over several lines of the usage text. */
function wrapped(names: readonly string[]): string {
  const lines = [''];
  for (const name of names) {
    const line = lines.at(-1)!;
    const longer = line === '' ? name : `${line}, ${name}`;
    if (longer.length <= 84) lines[lines.length - 1] = longer;
    else lines.push(name);
  }
  return lines.join(`,\n${' '.repeat(20)}`);
}
