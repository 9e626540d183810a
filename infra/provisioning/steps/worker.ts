import { CommandError } from '../../../policy/command-line/command-error.ts';
import { awsBindings } from '../../../src/backends/required-bindings.ts';
import { outputs } from '../../aws/outputs.ts';
import type { Aws } from '../aws.ts';
import type { Cloudflare } from '../cloudflare.ts';
import type { Context } from '../context.ts';
import type { Step } from '../step.ts';

/** The Worker with its catalogue. Uploading it again costs nothing and makes a new version of the same. */
export function worker(context: Context, cloudflare: Cloudflare, aws: Aws | undefined): Step {
  const { catalogueText, worker } = context.environment;
  return {
    name: 'worker',
    what: `Worker ${worker.name} at https://${worker.domain}`,
    isDone: async () => false,
    // Without a terminal wrangler does not ask whether it may.
    changes: async () => `A new version. A DNS record or another Worker at ${worker.domain} gives way to it.`,
    run: async () =>
      cloudflare.deploy({ CATALOGUE: catalogueText, ...(await identityVariables(context, aws)) }),
    undo: async () => {
      if ((await cloudflare.secrets()) !== undefined) await cloudflare.delete();
      return undefined;
    },
  };
}

/** What the Worker has to know to assume the role that the stack has made for it. */
async function identityVariables(
  { environment: { stackName, worker, document } }: Context,
  aws: Aws | undefined,
): Promise<Readonly<Record<string, string>>> {
  if (document.aws?.identity !== 'web-identity' || aws === undefined) return {};
  const role = (await aws.stack(stackName))?.outputs[outputs.invokerRole];
  if (role === undefined) throw new CommandError(`stack ${stackName} has no output ${outputs.invokerRole}`);
  return { [awsBindings.roleArn]: role, [awsBindings.issuer]: `https://${worker.domain}` };
}
