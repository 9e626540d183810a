import type { Cloudflare } from '../cloudflare.ts';
import type { Context } from '../context.ts';
import type { Step } from '../step.ts';

/** The Worker with its catalogue. Uploading it again costs nothing and makes a new version of the same. */
export function worker({ environment }: Context, cloudflare: Cloudflare): Step {
  return {
    name: 'worker',
    what: `Worker ${environment.worker.name} at https://${environment.worker.domain}, a new version each time`,
    isDone: async () => false,
    run: () => cloudflare.deploy({ CATALOGUE: environment.catalogueText }),
    undo: async () => {
      if ((await cloudflare.secrets()) !== undefined) await cloudflare.delete();
      return undefined;
    },
  };
}
