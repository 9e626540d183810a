import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInterruptible } from '../command-line/interruptible.ts';
import { aborted } from '../parallel/aborted.ts';
import { WorkerPool } from '../parallel/worker-pool.ts';
import { type EvaluateCommand, parseArguments, usage } from './arguments.ts';
import { checkSetting, evaluate, sweptSetting, underConditions } from './evaluation.ts';
import { evaluationTable } from './evaluation-table.ts';
import { Fingerprints } from './fingerprint.ts';
import { Progress } from './progress.ts';
import { standardTable } from './standard/standard.ts';
import { Arena, type Job, type Results } from './trial.ts';
import { TrialStore } from './trial-store.ts';
import { Trials } from './trials.ts';

const artifactFolder = relative('.', fileURLToPath(new URL('../artifacts', import.meta.url)));
const clock = (): number => performance.now();

/** What goes to standard output; undefined when it was stopped. */
async function run(command: EvaluateCommand, signal: AbortSignal): Promise<string | undefined> {
  const script = new URL('worker.ts', import.meta.url);
  const pool = new WorkerPool<Job, Results[Job['kind']]>(script, command.workers);
  const progress = new Progress(process.stderr, clock);
  try {
    const text = await Promise.race([textOf(command, pool, progress), aborted(signal)]);
    progress.stop();
    return text;
  } finally {
    await pool.close();
  }
}

async function textOf(
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
  const options = { scorers, seeds, availability };
  const { setting, named } = underConditions(arena, asked.setting, asked.conditions);
  const names = { ...checkSetting(arena, setting, options), ...named };
  if (availability) checkSetting(arena, sweptSetting(setting, names.workload), options);
  for (const note of arena.workload(setting).notes) process.stderr.write(`${note}\n`);
  const evaluation = await evaluate(trials, names, { setting, ...options });
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

await runInterruptible({
  usage,
  parse: parseArguments,
  run,
  goingOn: 'the same command goes on from here',
});
