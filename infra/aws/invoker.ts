import { Policy, PolicyStatement, User } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/**
 * Who the Worker is for AWS: a user that may call the given endpoints, and nothing else. The deployment makes its
 * access key, so that no template and no output ever holds one.
 */
export function accessKeyInvoker(scope: Construct, userName: string, arns: readonly string[]): User {
  const user = new User(scope, 'Invoker', { userName });
  user.attachInlinePolicy(
    new Policy(scope, 'Invoke', {
      statements: [new PolicyStatement({ actions: ['sagemaker:InvokeEndpoint'], resources: [...arns] })],
    }),
  );
  return user;
}
