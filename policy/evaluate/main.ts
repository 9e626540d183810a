import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { forAPerson } from '../command-line/for-a-person.ts';
import { WorkerPool } from '../parallel/worker-pool.ts';
import { type EvaluateCommand, parseArguments, usage } from './arguments.ts';
import { checkSetting, evaluate, underConditions } from './evaluation.ts';
import { evaluationTable } from './evaluation-table.ts';
import { Fingerprints } from './fingerprint.ts';
import { Progress } from './progress.ts';
import { standardTable } from './standard/standard.ts';
import { Arena, type Job, type Results } from './trial.ts';
import { TrialStore } from './trial-store.ts';
import { Trials } from './trials.ts';

/** Exit codes: a fault a person can mend, and what shells give a program ended by Ctrl-C. */
const faulty = 1;
const interrupted = 130;
const artifactFolder = relative('.', fileURLToPath(new URL('../artifacts', import.meta.url)));
const clock = (): number => performance.now();

async function main(): Promise<number> {
  const command = parseArguments(process.argv.slice(2));
  if (command === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const pool = new WorkerPool<Job, Results[Job['kind']]>(
    new URL('worker.ts', import.meta.url),
    command.workers,
  );
  const progress = new Progress(process.stderr, clock);
  try {
    const text = await Promise.race([run(command, pool, progress), stopped()]);
    progress.stop();
    if (text === undefined) {
      process.stderr.write('stopped; the same command goes on from here\n');
      return interrupted;
    }
    process.stdout.write(text);
    return 0;
  } finally {
    await pool.close();
  }
}

/** What goes to standard output. */
async function run(
  command: EvaluateCommand,
  pool: WorkerPool<Job, Results[Job['kind']]>,
  progress: Progress,
): Promise<string> {
  const arena = new Arena();
  const trials = new Trials({
    pool,
    fingerprints: new Fingerprints(),
    store: new TrialStore(join(command.out ?? 'out/evaluate', 'trials.jsonl')),
    onAsked: () => progress.asked(),
    onEnded: (isStored) => progress.ended(isStored),
  });
  const { asked, seeds, availability, json } = command;
  if (asked === undefined) return runStandardTable(command, { arena, trials, seeds, progress });
  const { scorers } = asked;
  const { setting, named } = underConditions(arena, asked.setting, asked.conditions);
  const names = { ...checkSetting(arena, setting, scorers), ...named };
  for (const note of arena.workload(setting).notes) process.stderr.write(`${note}\n`);
  const evaluation = await evaluate(trials, names, { setting, scorers, seeds, availability });
  return json ? `${JSON.stringify(evaluation, null, 2)}\n` : evaluationTable(evaluation);
}

async function runStandardTable(
  { json, out }: EvaluateCommand,
  options: Parameters<typeof standardTable>[0],
): Promise<string> {
  const document = await standardTable(options);
  // The drawing library takes longer to load than many an evaluation takes.
  const { writeStandard } = await import('./standard/write.ts');
  const files = await writeStandard(document, out ?? artifactFolder);
  return json ? `${JSON.stringify(document, null, 2)}\n` : `wrote ${files.join(', ')}\n`;
}

/** Listens on after the first signal: npm passes on one that the terminal has sent already. */
function stopped(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve(undefined));
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(forAPerson(error));
  process.exitCode = faulty;
}
