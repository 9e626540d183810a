import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fleetNames } from '../arena/named-fleets.ts';
import { CommandError } from '../command-line/command-error.ts';
import { Flags } from '../command-line/flags.ts';
import { FIRST_TRAINING_SEED } from '../tune/tune.ts';
import type { Case, Learner, TrainOptions } from './learner.ts';
import { learnerNames, learners } from './learners.ts';

export interface TrainCommand
  extends Pick<TrainOptions, 'task' | 'out' | 'stateFolder' | 'resume' | 'workers' | 'from'> {
  readonly scorer: string;
  readonly learner: Learner;
}

const artifactFolder = relative('.', fileURLToPath(new URL('../artifacts', import.meta.url)));
const defaults = { seed: 1, state: 'out/train' };
const mostSeed = 9_999;

const stepsOf = learnerNames
  .map((name) => `${name}: ${learners[name]!.defaultSteps} ${learners[name]!.unit}`)
  .join('; ');

export const usage = `Usage: npm run train [-- --scorer ${learnerNames.join('|')} --fleet NAME|FILE --workload NAME|FILE --seed S --steps N]

Learns to route on simulated requests of seeds from ${FIRST_TRAINING_SEED.toLocaleString('en-US')} on (evaluation uses 1 to 999). Says now and then
how good it is on seeds kept apart, beside the rule, and draws its curves.

  --scorer NAME     ${learnerNames.join(', ')} (default ${learnerNames[0]})
  --fleet NAME      ${fleetNames.join(', ')}, or a fleet file (.json) (default ${casesOf(({ fleet }) => fleet)})
  --workload NAME   a bundled workload or a workload file (default ${casesOf(({ workload }) => workload)})
  --seed S          0 to ${mostSeed} (default ${defaults.seed})
  --steps N         how long to learn (default ${stepsOf})
  --out DIR         where the weights and the curves go (default ${artifactFolder})
  --state DIR       where checkpoints go (default ${defaults.state})
  --from FILE       begin with an exported network (.onnx) instead of the rule: learned only
  --resume          go on from the checkpoint that the same command left when it was stopped
  --workers N       threads, for those that learn on several (default: one per core); the result does not depend on it
  --help            this text
`;

function casesOf(pick: (only: Case) => string): string {
  return learnerNames
    .map((name) => {
      const { defaultCase } = learners[name]!;
      return `${name}: ${defaultCase === undefined ? 'all that it draws' : pick(defaultCase)}`;
    })
    .join('; ');
}

/** @throws CommandError for a fleet without a workload or the other way round where there is no default */
function caseOf(
  fleet: string | undefined,
  workload: string | undefined,
  { defaultCase }: Learner,
): Case | undefined {
  if (fleet === undefined && workload === undefined) return defaultCase;
  const only = { fleet: fleet ?? defaultCase?.fleet, workload: workload ?? defaultCase?.workload };
  if (only.fleet === undefined) throw new CommandError(`--fleet: missing, --workload ${workload} is given`);
  if (only.workload === undefined) throw new CommandError(`--workload: missing, --fleet ${fleet} is given`);
  return { fleet: only.fleet, workload: only.workload };
}

const flags = {
  scorer: { type: 'string' },
  fleet: { type: 'string' },
  workload: { type: 'string' },
  seed: { type: 'string' },
  steps: { type: 'string' },
  out: { type: 'string' },
  state: { type: 'string' },
  from: { type: 'string' },
  resume: { type: 'boolean' },
  workers: { type: 'string' },
  help: { type: 'boolean' },
} as const;

/** @throws CommandError naming the flag at fault and its value */
export function parseArguments(args: readonly string[]): TrainCommand | 'help' {
  const given = new Flags<keyof typeof flags>(flags, args);
  if (given.has('help')) return 'help';
  const scorer = given.choice('scorer', learnerNames) ?? learnerNames[0]!;
  const learner = learners[scorer]!;
  return {
    scorer,
    learner,
    task: {
      only: caseOf(given.text('fleet'), given.text('workload'), learner),
      seed: given.number('seed', { least: 0, most: mostSeed, whole: true }) ?? defaults.seed,
      steps: given.number('steps', { least: 1, most: 1e9, whole: true }) ?? learner.defaultSteps,
    },
    out: given.text('out') ?? artifactFolder,
    stateFolder: given.text('state') ?? defaults.state,
    from: given.text('from'),
    resume: given.has('resume'),
    workers: given.number('workers', { least: 1, most: 1_000, whole: true }) ?? availableParallelism(),
  };
}
