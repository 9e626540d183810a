import { CommandError } from '../../policy/command-line/command-error.ts';
import type { Context } from './context.ts';
import { requireCredentials } from './credentials.ts';
import { formerStack } from './former-stack.ts';
import { stepsOf } from './steps.ts';

/**
 * Takes an environment down, the last step first, and says what stays.
 * @param confirmed what the operator typed to show that they mean this environment: the Worker's name
 * @throws CommandError when that is another one, or when a step fails; a second run goes on where it stopped
 */
export async function destroy(context: Context, confirmed: string | undefined): Promise<void> {
  const { environment, say } = context;
  const all = stepsOf(context);
  const steps = all.filter(({ undo }) => undo !== undefined).toReversed();
  say(`Environment ${environment.name}: this goes, with everything it keeps\n`);
  say(`${steps.map(({ what }) => `  ${what}`).join('\n')}\n`);
  const { name } = environment.worker;
  if (confirmed !== name) throw new CommandError(`Nothing was done. To go on, add --confirm ${name}`);
  await requireCredentials(context);
  const obstacles = (await Promise.all(steps.map((step) => step.obstacle?.()))).flatMap((each) => each ?? []);
  if (obstacles.length > 0)
    throw new CommandError(`Nothing was done.\n${obstacles.map((each) => `  ${each}`).join('\n')}`);
  // While the Worker can still say so.
  const kept = await Promise.all([formerStack(context), ...all.map((step) => step.leaves?.())]);
  const left = kept.flatMap((each) => each ?? []);
  for (const [index, step] of steps.entries()) {
    say(`[${index + 1}/${steps.length}] ${step.name}`);
    const stays = await step.undo?.();
    if (stays !== undefined) left.push(stays);
  }
  say(left.length === 0 ? '\nNothing is left.' : `\nLeft:\n${left.map((each) => `  ${each}`).join('\n')}`);
}
