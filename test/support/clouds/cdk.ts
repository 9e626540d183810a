import { Failure, type StandIn } from './state.ts';

/** In place of the CDK: brings stacks about and takes them away, without looking into them. */
export const cdk: StandIn = (state, [command, target = '']) => {
  switch (command) {
    case 'bootstrap':
      state.stacks.CDKToolkit = { status: 'CREATE_COMPLETE', isProtected: false, outputs: {} };
      return undefined;
    case 'diff':
      return state.stackIsCurrent && target in state.stacks
        ? 'Number of stacks with differences: 0'
        : 'IAM Statement Changes\nNumber of stacks with differences: 1';
    case 'deploy':
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
      if (state.accessKeys.length > 0)
        throw new Failure('Cannot delete entity, must delete access keys first');
      delete state.stacks[target];
      return undefined;
    default:
      throw new Failure(`the stand-in does not know: cdk ${command}`);
  }
};
