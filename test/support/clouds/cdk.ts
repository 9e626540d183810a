import { type CloudState, Failure, type StandIn } from './state.ts';

/** In place of the CDK: brings stacks about and takes them away, without looking into them. */
export const cdk: StandIn = (state, [command, target = '']) => {
  switch (command) {
    case 'bootstrap':
      refuseWhileChanging(state, 'CDKToolkit');
      deleteWhatFailed(state, 'CDKToolkit');
      state.stacks.CDKToolkit = { status: 'CREATE_COMPLETE', isProtected: false, outputs: {} };
      return undefined;
    case 'diff':
      return state.stackIsCurrent && target in state.stacks
        ? 'Number of stacks with differences: 0'
        : 'IAM Statement Changes\nNumber of stacks with differences: 1';
    case 'deploy':
      refuseWhileChanging(state, target);
      deleteWhatFailed(state, target);
      state.stacks[target] = {
        status: 'CREATE_COMPLETE',
        isProtected: false,
        outputs: {
          InvokerUser: `${target}-invoker`,
          InvokerRole: `arn:aws:iam::${state.account}:role/${target}-invoker`,
        },
      };
      state.stackIsCurrent = true;
      return undefined;
    case 'destroy':
      refuseWhileChanging(state, target);
      if (state.accessKeys.length > 0)
        throw new Failure('Cannot delete entity, must delete access keys first');
      delete state.stacks[target];
      return undefined;
    default:
      throw new Failure(`the stand-in does not know: cdk ${command}`);
  }
};

/** What CloudFormation says to whoever comes while it is at work on a stack. */
function refuseWhileChanging({ stacks }: CloudState, name: string): void {
  const status = stacks[name]?.status;
  if (status?.endsWith('_IN_PROGRESS'))
    throw new Failure(`Stack ${name} is in ${status} state and can not be updated.`);
}

/** What the CDK does first with a stack whose creation has failed. */
function deleteWhatFailed({ stacks }: CloudState, name: string): void {
  if (stacks[name]?.status !== 'ROLLBACK_COMPLETE') return;
  if (stacks[name].isProtected)
    throw new Failure(`Stack [${name}] cannot be deleted while TerminationProtection is enabled`);
  delete stacks[name];
}
