import { join } from 'node:path';
import { runInterruptible } from '../command-line/interruptible.ts';
import { loadFleet } from '../evaluate/load-fleet.ts';
import { formatClock } from '../report/format.ts';
import { type Column, renderTable } from '../report/table.ts';
import type { ParameterValues } from '../rivals/tunable.ts';
import { readTuned, type TunedResult } from '../rivals/tuned.ts';
import { parseArguments, type TuneCommand, usage } from './arguments.ts';
import type { SearchState } from './cross-entropy.ts';
import type { TuningTask } from './objective.ts';
import { StateFile } from './state-file.ts';
import { tune } from './tune.ts';
import { storeTuned } from './tuned-store.ts';

const clock = (): number => performance.now();

/** Every task in turn; undefined when it was stopped. */
async function tuneAll(command: TuneCommand, signal: AbortSignal): Promise<string | undefined> {
  const results: TunedResult[] = [];
  for (const task of command.tasks) {
    const result = await tuneOne(command, task, signal);
    if (result === undefined) return undefined;
    results.push(result);
  }
  return command.json ? `${JSON.stringify({ results })}\n` : table(results);
}

async function tuneOne(
  { sizes, workers, out, stateFolder }: TuneCommand,
  task: TuningTask,
  signal: AbortSignal,
): Promise<TunedResult | undefined> {
  const [fleet, workload] = [task.fleet, task.workload].map((name) => name.replaceAll(/[^\w-]+/g, '-'));
  const path = join(stateFolder, `${fleet}.${workload}.${task.scorer}.json`);
  const known = knownFor(task, out);
  const stateFile = new StateFile(path, { ...task, ...sizes, known });
  const onIteration = progress(task, sizes.iterations);
  const result = await tune({ ...sizes, task, workers, known, stateFile, signal, onIteration });
  if (result === undefined) return undefined;
  storeTuned(out, result);
  stateFile.remove();
  return result;
}

/** What an earlier search found for the same fleet and workload, by this scorer or one that shares its parameters. */
function knownFor({ fleet, workload }: TuningTask, out: string): readonly ParameterValues[] {
  const { name } = loadFleet(fleet);
  return readTuned(out)
    .filter((result) => result.fleet === name && result.workload === workload)
    .map(({ parameters }) => parameters);
}

/** Says on stderr after every iteration how far a search is. */
function progress({ scorer, fleet, workload }: TuningTask, iterations: number): (state: SearchState) => void {
  const beganMs = clock();
  let done = 0;
  return ({ iteration, best, startValue }) => {
    done += 1;
    const leftMs = ((clock() - beganMs) / done) * (iterations - iteration);
    process.stderr.write(
      `${fleet} · ${workload} · ${scorer}: iteration ${iteration}/${iterations}, ` +
        `utility ${startValue!.toFixed(4)} → ${best!.value.toFixed(4)}, ${formatClock(leftMs)} left\n`,
    );
  };
}

const columns: readonly Column[] = [
  { heading: 'fleet', align: 'left' },
  { heading: 'workload', align: 'left' },
  { heading: 'scorer', align: 'left' },
  { heading: 'utility\nuntuned', align: 'right' },
  { heading: '\ntuned', align: 'right' },
  { heading: 'parameters', align: 'left' },
];

function table(results: readonly TunedResult[]): string {
  const rows = results.map(({ scorer, fleet, workload, trainingUtility: { untuned, tuned }, parameters }) => [
    fleet,
    workload,
    scorer,
    untuned.toFixed(4),
    tuned.toFixed(4),
    Object.entries(parameters)
      .map(([key, value]) => `${key} ${value}`)
      .join(', '),
  ]);
  return `${renderTable(columns, rows)}\n`;
}

await runInterruptible({
  usage,
  parse: parseArguments,
  run: tuneAll,
  goingOn: 'the same command goes on from here',
});
