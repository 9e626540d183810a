import type { Aws } from '../aws.ts';
import type { Context } from '../context.ts';
import type { Step } from '../step.ts';
import { succeed } from '../succeed.ts';

const toolkit = 'CDKToolkit';

/** CDK's own bucket and roles, once per account and region. */
export function bootstrap({ programs }: Context, aws: Aws): Step {
  return {
    name: 'bootstrap',
    what: `CDK’s own resources in ${aws.region} (stack ${toolkit})`,
    isDone: async () => (await aws.stack(toolkit))?.isCreated ?? false,
    run: async () => {
      const target = `aws://${await aws.account()}/${aws.region}`;
      await succeed('cdk', programs.cdk, ['bootstrap', target, '--no-notices'], { show: true });
    },
    leaves: async () =>
      (await aws.stack(toolkit)) === undefined
        ? undefined
        : `stack ${toolkit} in ${aws.region}: other CDK apps of the account may use it`,
  };
}
