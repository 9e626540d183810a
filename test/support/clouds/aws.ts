import { Failure, option, type StandIn } from './state.ts';

/** In place of the AWS CLI: the commands that a deployment uses, in the shapes that the CLI answers in. */
export const aws: StandIn = (state, args) => {
  const user = () => option(args, '--user-name');
  switch (`${args[0]} ${args[1]}`) {
    case 'sts get-caller-identity':
      return { Account: state.account, Arn: `arn:aws:iam::${state.account}:user/operator` };
    case 'service-quotas list-service-quotas':
      return { Quotas: Object.entries(state.quotas).map(([QuotaName, Value]) => ({ QuotaName, Value })) };
    case 'ecr describe-images': {
      const image = `${option(args, '--repository-name')}:${option(args, '--image-ids').slice('imageTag='.length)}`;
      if (!state.images.includes(image)) throw new Failure('ImageNotFoundException');
      return { imageDetails: [{}] };
    }
    case 's3api list-objects-v2':
      return { Contents: [{ Key: 'config.json' }] };
    case 'cloudformation describe-stacks': {
      const name = option(args, '--stack-name');
      const stack = state.stacks[name];
      const region = option(args, '--region');
      if (stack === undefined || (stack.region ?? region) !== region)
        throw new Failure(`ValidationError: Stack with id ${name} does not exist`);
      const Outputs = Object.entries(stack.outputs).map(([OutputKey, OutputValue]) => ({
        OutputKey,
        OutputValue,
      }));
      return {
        Stacks: [{ StackStatus: stack.status, EnableTerminationProtection: stack.isProtected, Outputs }],
      };
    }
    case 'cloudformation update-termination-protection':
      state.stacks[option(args, '--stack-name')]!.isProtected = !args.includes(
        '--no-enable-termination-protection',
      );
      return undefined;
    case 'iam get-role':
      throw new Failure('NoSuchEntity');
    case 'iam get-user': {
      const owner = Object.values(state.stacks).find(({ outputs }) => outputs.InvokerUser === user());
      if (owner === undefined) throw new Failure('NoSuchEntity');
      return {
        User: {
          UserName: user(),
          Tags: [{ Key: 'region', Value: owner.region ?? option(args, '--region') }],
        },
      };
    }
    case 'iam list-access-keys':
      return {
        AccessKeyMetadata: state.accessKeys.map(({ id }, index) => ({
          AccessKeyId: id,
          CreateDate: new Date(1e12 + index * 1000).toISOString(),
        })),
      };
    case 'iam create-access-key': {
      if (state.accessKeys.length >= 2) throw new Failure(`LimitExceeded: ${user()} has two access keys`);
      state.keysMade++;
      const key = { id: `AKIA${state.keysMade}`, secret: `very-secret-${state.keysMade}` };
      state.accessKeys.push(key);
      return { AccessKey: { AccessKeyId: key.id, SecretAccessKey: key.secret } };
    }
    case 'iam delete-access-key':
      state.accessKeys = state.accessKeys.filter(({ id }) => id !== option(args, '--access-key-id'));
      return undefined;
    default:
      throw new Failure(`the stand-in does not know: aws ${args.join(' ')}`);
  }
};
