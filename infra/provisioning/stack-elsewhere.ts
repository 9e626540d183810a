import { invokerName } from '../aws/invoker-names.ts';
import type { Environment } from '../desired-state/environment.ts';
import type { Aws } from './aws.ts';

/**
 * Words for an environment whose stack is in another region than its catalogue says now; undefined where it is not. A stack
 * cannot move, and two of one environment cannot be: what they are called in IAM is one for the whole account.
 */
export async function stackElsewhere(
  { name, stackName, worker }: Environment,
  aws: Aws,
): Promise<string | undefined> {
  if ((await aws.stack(stackName)) !== undefined) return undefined;
  const region = await aws.invokerRegion(invokerName(stackName));
  if (region === undefined || region === aws.region) return undefined;
  return (
    `AWS: stack ${stackName} is up in ${region}, and the catalogue says ${aws.region}; a stack cannot move. ` +
    `Take it down first, with the catalogue as it was: npm run destroy -- --env ${name} --confirm ${worker.name}`
  );
}
