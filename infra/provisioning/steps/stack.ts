import { sageMakerEndpoints } from '../../desired-state/hosted.ts';
import type { Aws } from '../aws.ts';
import type { Context } from '../context.ts';
import { settledStack } from '../settled-stack.ts';
import { stackElsewhere } from '../stack-elsewhere.ts';
import type { Step } from '../step.ts';
import { failureOf, succeed } from '../succeed.ts';

/** States of a stack that has everything it was asked for. */
const complete = ['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'IMPORT_COMPLETE'];

/** The endpoints on AWS, with what scales, watches and calls them. */
export function stack(context: Context, aws: Aws): Step {
  const { environment, documentPath, programs } = context;
  const { name, stackName, catalogue } = environment;
  const app = [
    '--app',
    `"${process.execPath}" infra/aws/app.ts`,
    '--no-notices',
    '--output',
    `cdk.out/${stackName}`,
  ];
  const env = {
    DEPLOY_ENVIRONMENT: name,
    DEPLOY_DOCUMENT: documentPath,
    CDK_DISABLE_CLI_TELEMETRY: 'true',
  };
  /** What differs between the app and the stack. The CDK writes it to one stream or the other. */
  const differences = async () => {
    const args = ['diff', stackName, '--no-color', ...app];
    const ended = await programs.cdk(args, { env });
    const text = `${ended.stdout}${ended.stderr}`.trim();
    const [, count] = /Number of stacks with differences: (\d+)/.exec(text) ?? [];
    if (ended.code !== 0 || count === undefined) throw failureOf('cdk', args, ended);
    return { isEmpty: count === '0', text };
  };
  return {
    name: 'endpoints',
    what: `stack ${stackName} in ${aws.region}: ${sageMakerEndpoints(catalogue)
      .map(({ backend }) => backend.endpointName)
      .join(', ')}`,
    isDone: async () => {
      const state = await aws.stack(stackName);
      if (state === undefined || !complete.includes(state.status)) return false;
      return (await differences()).isEmpty;
    },
    changes: async () => (await differences()).text,
    run: async () => {
      const state = await settledStack(context, aws, stackName);
      // The CDK protects a stack before it is created, and deletes it first where that has failed, which a protected one refuses.
      if (state?.isProtected && !state.isCreated) await aws.unprotect(stackName);
      const args = ['deploy', stackName, '--require-approval', 'never', '--progress', 'events', ...app];
      await succeed('cdk', programs.cdk, args, { env, show: true });
    },
    obstacle: async () =>
      (await aws.stack(stackName))?.isProtected
        ? `stack ${stackName} is protected; lift that first:\n    aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name ${stackName} --region ${aws.region}`
        : await stackElsewhere(environment, aws),
    undo: async () => {
      if ((await settledStack(context, aws, stackName)) === undefined) return undefined;
      await succeed('cdk', programs.cdk, ['destroy', stackName, '--force', ...app], { env, show: true });
      return undefined;
    },
  };
}
