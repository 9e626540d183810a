import { awsBindings } from '../../src/backends/required-bindings.ts';
import { Cloudflare } from './cloudflare.ts';
import { type Context, regionOf } from './context.ts';

/**
 * Words for a stack that nothing of the environment uses any more, and that nothing takes away: its region stood in the
 * catalogue that it was deployed with. The Worker's secrets tell of it.
 */
export async function formerStack({ environment, programs }: Context): Promise<string | undefined> {
  if (regionOf(environment) !== undefined) return undefined;
  const secrets = (await new Cloudflare(programs.wrangler, environment).secrets()) ?? [];
  const secret = [awsBindings.signingKey, awsBindings.secretAccessKey].find((name) => secrets.includes(name));
  if (secret === undefined) return undefined;
  const { stackName } = environment;
  return (
    `stack ${stackName}, where it is still there, goes on costing: the Worker has ${secret} of a deployment with ` +
    `endpoints on AWS; aws cloudformation delete-stack --stack-name ${stackName} --region REGION`
  );
}
