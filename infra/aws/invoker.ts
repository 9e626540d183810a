import {
  CfnOIDCProvider,
  Policy,
  PolicyStatement,
  Role,
  User,
  WebIdentityPrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { tokenAudience, tokenSubject } from '../../src/backends/web-identity-token.ts';

/**
 * SHA-1 of the roots that Cloudflare's certificates come from: GTS Root R4 and ISRG Root X1. AWS trusts both without
 * them; but when some are given, it makes the provider without asking the issuer, which is not there yet.
 */
export const rootThumbprints = [
  '77d30367b5e00c15f60c3861df7ce13b92464d47',
  'cabd2a79a1076a31f21d253635cb039d4329a5e8',
];

/**
 * Who the Worker is for AWS: a role for tokens that it signs itself and that AWS checks with the keys published at
 * its domain. It may call the given endpoints, and nothing else.
 */
export function webIdentityInvoker(
  scope: Construct,
  roleName: string,
  domain: string,
  arns: readonly string[],
): Role {
  const provider = new CfnOIDCProvider(scope, 'Issuer', {
    url: `https://${domain}`,
    clientIdList: [tokenAudience],
    thumbprintList: rootThumbprints,
  });
  const role = new Role(scope, 'Invoker', {
    roleName,
    assumedBy: new WebIdentityPrincipal(provider.attrArn, {
      StringEquals: { [`${domain}:aud`]: tokenAudience, [`${domain}:sub`]: tokenSubject },
    }),
  });
  role.attachInlinePolicy(invocationOf(scope, arns));
  return role;
}

/**
 * The second choice: a user that may do the same. The deployment makes its access key, so that no template and no
 * output ever holds one. Its id is not the role's: CloudFormation changes no resource of one type into another's.
 */
export function accessKeyInvoker(scope: Construct, userName: string, arns: readonly string[]): User {
  const user = new User(scope, 'InvokingUser', { userName });
  user.attachInlinePolicy(invocationOf(scope, arns));
  return user;
}

function invocationOf(scope: Construct, arns: readonly string[]): Policy {
  return new Policy(scope, 'Invoke', {
    statements: [new PolicyStatement({ actions: ['sagemaker:InvokeEndpoint'], resources: [...arns] })],
  });
}
