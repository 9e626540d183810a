import type { Aws } from '../aws.ts';
import type { Context } from '../context.ts';
import { settledStack } from '../settled-stack.ts';
import type { Step } from '../step.ts';
import { succeed } from '../succeed.ts';

const toolkit = 'CDKToolkit';

/** CDK's own bucket and roles, once per account and region. */
export function bootstrap(context: Context, aws: Aws): Step {
  const { programs } = context;
  return {
    name: 'bootstrap',
    what: `CDK’s own resources in ${aws.region} (stack ${toolkit})`,
    isDone: async () => {
      const state = await aws.stack(toolkit);
      return (state?.isCreated && !state.isChanging) ?? false;
    },
    run: async () => {
      if ((await settledStack(context, aws, toolkit))?.isCreated) return;
      const target = `aws://${await aws.account()}/${aws.region}`;
      await succeed('cdk', programs.cdk, ['bootstrap', target, '--no-notices'], { show: true });
    },
    leaves: async () =>
      (await aws.stack(toolkit)) === undefined
        ? undefined
        : `stack ${toolkit} in ${aws.region}: other CDK apps of the account may use it`,
  };
}
