import type { Cloudflare } from '../cloudflare.ts';
import type { Step } from '../step.ts';

/**
 * The bucket where policies are published.
 * @param keys of the objects that may be in it, and go with it
 */
export function bucket(name: string, keys: readonly string[], cloudflare: Cloudflare): Step {
  return {
    name: 'bucket',
    what: `R2 bucket ${name}, for policies that are published`,
    isDone: () => cloudflare.hasBucket(name),
    run: () => cloudflare.createBucket(name),
    undo: async () => {
      if (!(await cloudflare.hasBucket(name))) return undefined;
      for (const key of keys)
        if (await cloudflare.hasObject(name, key)) await cloudflare.deleteObject(name, key);
      return (await cloudflare.deleteBucket(name)) ? undefined : `R2 bucket ${name}: it is not empty`;
    },
  };
}
