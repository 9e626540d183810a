import { CommandError } from '../../policy/command-line/command-error.ts';
import { outputs } from '../aws/outputs.ts';
import { Aws } from './aws.ts';
import { Cloudflare } from './cloudflare.ts';
import { type Context, type RotateOptions, regionOf } from './context.ts';
import { requireCredentials } from './credentials.ts';
import { renewAccessKey } from './steps/access-key.ts';
import { renewSigningKey, replaceSigningKey } from './steps/signing-key.ts';

/**
 * Gives the Worker something new to prove itself to AWS with, and makes the old worthless once nobody needs it.
 * @throws CommandError where there is nothing to prove, or nobody to prove it
 */
export async function rotate(context: Context, options: RotateOptions): Promise<void> {
  const { environment, programs } = context;
  const { name, stackName, document } = environment;
  const region = regionOf(environment);
  if (region === undefined) throw new CommandError(`Nothing of ${name} runs on AWS.`);
  await requireCredentials(context);
  const cloudflare = new Cloudflare(programs.wrangler, environment);
  if (document.aws?.identity === 'web-identity') {
    const renew = options.atOnce ? replaceSigningKey(cloudflare) : renewSigningKey(context, cloudflare);
    return await renew;
  }
  const aws = new Aws(programs.aws, region);
  const user = (await aws.stack(stackName))?.outputs[outputs.invokerUser];
  if (user === undefined) throw new CommandError(`Environment ${name} is not deployed.`);
  await renewAccessKey(context, user, aws, cloudflare, options);
}
