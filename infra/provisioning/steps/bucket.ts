import type { Cloudflare } from '../cloudflare.ts';
import type { Step } from '../step.ts';

/** A bucket that the Worker is bound to. */
export function bucket(name: string, cloudflare: Cloudflare): Step {
  return {
    name: 'bucket',
    what: `R2 bucket ${name}`,
    isDone: () => cloudflare.hasBucket(name),
    run: () => cloudflare.createBucket(name),
    undo: async () => {
      if (!(await cloudflare.hasBucket(name)) || (await cloudflare.deleteBucket(name))) return undefined;
      return `R2 bucket ${name}: it is not empty`;
    },
  };
}
