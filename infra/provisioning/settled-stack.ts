import type { Aws, StackState } from './aws.ts';
import type { Context } from './context.ts';

/** How long until CloudFormation is asked again. */
const pauseMs = 10_000;

/**
 * A stack once nothing is under way with it; undefined where there is none then. What a run that was cut short has begun
 * goes on in the cloud, and ends by itself, as it should or taken back. Until then the stack takes no other change, and
 * has no outputs.
 */
export async function settledStack(
  { pause, say }: Pick<Context, 'pause' | 'say'>,
  aws: Aws,
  name: string,
): Promise<StackState | undefined> {
  let state = await aws.stack(name);
  if (state?.isChanging) say(`  stack ${name}: ${state.status}; waits until that has ended`);
  while (state?.isChanging) {
    await pause(pauseMs);
    state = await aws.stack(name);
  }
  return state;
}
