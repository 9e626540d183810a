import { CommandError } from '../../../policy/command-line/command-error.ts';
import { awsBindings } from '../../../src/backends/required-bindings.ts';
import { outputs } from '../../aws/outputs.ts';
import type { Aws } from '../aws.ts';
import type { Cloudflare } from '../cloudflare.ts';
import type { Context, RotateOptions } from '../context.ts';
import { everywhereMs } from '../propagation.ts';
import type { Step } from '../step.ts';

/**
 * Name of a secret of the Worker that tells which access key it has: values of secrets cannot be read back, names can. It
 * arrives with the key, in one request.
 */
const inUse = (id: string) => `AWS_ACCESS_KEY_IN_USE_${id}`;

/** The access key that the Worker signs with, of the user that the stack has made. */
export function accessKey(context: Context, aws: Aws, cloudflare: Cloudflare): Step {
  const { environment } = context;
  const user = async () => (await aws.stack(environment.stackName))?.outputs[outputs.invokerUser];
  return {
    name: 'access-key',
    what: 'an access key of the invoking user, as secrets of the Worker',
    isDone: async () => {
      const name = await user();
      const [id, ...others] = name === undefined ? [] : await aws.accessKeys(name);
      if (id === undefined || others.length > 0) return false;
      return (await cloudflare.secrets())?.includes(inUse(id)) ?? false;
    },
    run: async () => {
      const name = await user();
      if (name === undefined)
        throw new CommandError(`stack ${environment.stackName} has no output ${outputs.invokerUser}`);
      await renewAccessKey(context, name, aws, cloudflare, { atOnce: false });
    },
    undo: async () => {
      const name = await user();
      if (name === undefined) return undefined;
      for (const id of await aws.accessKeys(name)) await aws.deleteAccessKey(name, id);
      return undefined;
    },
  };
}

/**
 * Gives the Worker a new access key, then deletes every other one. AWS allows two: where there are two already, a run was
 * cut short, and the one that the Worker does not have goes first.
 * @param options.atOnce does not wait until the new key is everywhere, since the older ones are known to somebody
 * @throws CommandError when it does not arrive; the Worker then keeps the key it had
 */
export async function renewAccessKey(
  { pause }: Pick<Context, 'pause'>,
  user: string,
  aws: Aws,
  cloudflare: Cloudflare,
  { atOnce }: RotateOptions,
): Promise<void> {
  const older = await aws.accessKeys(user);
  const names = (await cloudflare.secrets()) ?? [];
  if (older.length >= 2)
    await aws.deleteAccessKey(user, older.find((id) => !names.includes(inUse(id))) ?? older[0]!);
  const key = await aws.createAccessKey(user);
  const outdated = names.filter((name) => name.startsWith(inUse('')));
  try {
    await cloudflare.putSecrets({
      ...Object.fromEntries(outdated.map((name) => [name, null])),
      [awsBindings.accessKeyId]: key.id,
      [awsBindings.secretAccessKey]: key.secret,
      [inUse(key.id)]: 'yes',
    });
  } catch (error) {
    // It may have arrived, and only the answer not: then the Worker has no other.
    if (!(await cloudflare.secrets())?.includes(inUse(key.id))) {
      await aws.deleteAccessKey(user, key.id);
      throw error;
    }
  }
  if (older.length > 0 && !atOnce) await pause(everywhereMs);
  for (const id of await aws.accessKeys(user)) if (id !== key.id) await aws.deleteAccessKey(user, id);
}
