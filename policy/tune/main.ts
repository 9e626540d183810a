import { join } from 'node:path';
import { forAPerson } from '../command-line/for-a-person.ts';
import { formatClock } from '../report/format.ts';
import { type Column, renderTable } from '../report/table.ts';
import type { TunedResult } from '../rivals/tuned.ts';
import { parseArguments, type TuneCommand, usage } from './arguments.ts';
import type { SearchState } from './cross-entropy.ts';
import type { TuningTask } from './objective.ts';
import { StateFile } from './state-file.ts';
import { tune } from './tune.ts';
import { storeTuned } from './tuned-store.ts';

/** Exit codes: a fault a person can mend, and what shells give a program ended by Ctrl-C. */
const faulty = 1;
const interrupted = 130;
const clock = (): number => performance.now();

async function main(): Promise<number> {
  const command = parseArguments(process.argv.slice(2));
  if (command === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
  const results: TunedResult[] = [];
  for (const task of command.tasks) {
    const result = await tuneOne(command, task, ending.signal);
    if (result === undefined) {
      process.stderr.write('stopped; the same command goes on from here\n');
      return interrupted;
    }
    results.push(result);
  }
  process.stdout.write(command.json ? `${JSON.stringify({ results })}\n` : table(results));
  return 0;
}

async function tuneOne(
  { sizes, workers, out, stateFolder }: TuneCommand,
  task: TuningTask,
  signal: AbortSignal,
): Promise<TunedResult | undefined> {
  const [fleet, workload] = [task.fleet, task.workload].map((name) => name.replaceAll(/[^\w-]+/g, '-'));
  const path = join(stateFolder, `${fleet}.${workload}.${task.scorer}.json`);
  const stateFile = new StateFile(path, { ...task, ...sizes });
  const onIteration = progress(task, sizes.iterations);
  const result = await tune({ ...sizes, task, workers, stateFile, signal, onIteration });
  if (result === undefined) return undefined;
  storeTuned(out, result);
  stateFile.remove();
  return result;
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

try {
  process.exitCode = await main();
} catch (error) {
  console.error(forAPerson(error));
  process.exitCode = faulty;
}
