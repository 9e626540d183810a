import { CommandError } from '../../policy/command-line/command-error.ts';
import { estimate } from '../cost/estimate.ts';
import { OlderVersionLive } from './cloudflare.ts';
import type { Context } from './context.ts';
import { costTable } from './cost-table.ts';
import { formerStack } from './former-stack.ts';
import { missingPrerequisites } from './prerequisites.ts';
import type { Step } from './step.ts';
import { stepsOf } from './steps.ts';

export interface DeployOptions {
  /** Shows what would be done, and stops. */
  readonly planOnly: boolean;
  /** Asks whether to go on. */
  readonly confirm: () => Promise<boolean>;
}

/**
 * Brings an environment up: the cost, what is missing, the plan, then step by step, those skipped that are done. A
 * run that was cut short is simply run again.
 * @throws CommandError when something is missing, when nobody wants to go on, or when a step fails
 */
export async function deploy(context: Context, { planOnly, confirm }: DeployOptions): Promise<void> {
  const { environment, say } = context;
  say(`Environment ${environment.name}\n\n${costTable(estimate(environment))}\n`);
  const missing = await missingPrerequisites(context);
  const steps = stepsOf(context);
  // What is not there cannot be asked for the state of the steps.
  if (missing.length > 0) {
    say(`${steps.map(({ what }) => `  ${what}`).join('\n')}\n`);
    throw new CommandError(`Nothing was done. Missing:\n${missing.map((each) => `  ${each}`).join('\n')}`);
  }
  const planned = await Promise.all(steps.map(async (step) => ({ step, isDone: await step.isDone() })));
  say(`${planned.map(({ step, isDone }) => `  ${isDone ? 'there  ' : 'to do  '}${step.what}`).join('\n')}\n`);
  for (const { step, isDone } of planned)
    if (!isDone && step.changes !== undefined) say(`${step.name} change:\n\n${await step.changes()}\n`);
  const former = await formerStack(context);
  if (former !== undefined) say(`Beside it: ${former}\n`);
  if (planOnly) return;
  if (!(await confirm())) throw new CommandError('Nothing was done.');
  await runAll(steps, say);
  say(`\nhttps://${environment.worker.domain} is up.`);
}

/** Runs the steps in their order. Secrets that are refused beside an older version of the Worker come after the new one. */
async function runAll(steps: readonly Step[], say: Context['say']): Promise<void> {
  const waiting: Step[] = [];
  for (const [index, step] of steps.entries()) {
    const isDone = await step.isDone();
    say(`[${index + 1}/${steps.length}] ${step.name}${isDone ? ': there' : ''}`);
    if (isDone) continue;
    try {
      await step.run();
    } catch (error) {
      if (!(error instanceof OlderVersionLive)) throw error;
      say('  waits for the new version of the Worker');
      waiting.push(step);
      continue;
    }
    for (const late of waiting.splice(0)) {
      say(`  now ${late.name}`);
      await late.run();
    }
  }
}
