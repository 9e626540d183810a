import { Stack, Token, Validations } from 'aws-cdk-lib';
import {
  type Conditions,
  PolicyDocument,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { HostedEndpoint } from '../desired-state/hosted.ts';
import { imageAddress } from '../desired-state/image.ts';
import { weightsOf } from './weights.ts';

/** What SageMaker may do to run the containers: fetch their images and weights, write their logs and metrics. */
export function executionRole(scope: Construct, endpoints: readonly HostedEndpoint[]): Role {
  const { partition } = Stack.of(scope);
  const containers = endpoints.flatMap(({ models }) => models.map(({ container }) => container));
  const logs = logArns(scope, endpoints);
  const weights = weightsOf(containers, partition);
  const role = new Role(scope, 'ExecutionRole', {
    assumedBy: sageMakerHere(scope),
    inlinePolicies: {
      Containers: new PolicyDocument({
        statements: [
          allow(['ecr:GetAuthorizationToken'], ['*']),
          allow(
            ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
            containers.map(({ image }) => repositoryArn(image, partition)),
          ),
          allow(
            ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
            logs,
          ),
          allow(['cloudwatch:PutMetricData'], ['*'], {
            StringLike: { 'cloudwatch:namespace': ['AWS/SageMaker', '/aws/sagemaker/*'] },
          }),
          ...weights.map(({ objects }) => allow(['s3:GetObject'], objects)),
          ...weights.map(({ bucket, listed }) => allow(['s3:ListBucket'], [bucket], listed)),
        ],
      }),
    },
  });
  acknowledge(
    role,
    ['*'],
    'ecr:GetAuthorizationToken and cloudwatch:PutMetricData know no resources; the latter is bound by namespace',
  );
  acknowledge(role, logs, 'the streams of one log group, whose names SageMaker makes up');
  acknowledge(
    role,
    weights.flatMap(({ objects }) => objects),
    'the files of one model, which lie under one prefix',
  );
  return role;
}

/**
 * SageMaker, on behalf of this account and region: the service must not be talked into using the role by somebody
 * else's. For endpoints the ARN has to be the whole account's; SageMaker does not name the endpoint or model
 * (docs.aws.amazon.com/sagemaker/latest/dg/security-confused-deputy-prevention.html, "SageMaker AI Inference").
 */
function sageMakerHere(scope: Construct): ServicePrincipal {
  const { partition, region, account } = Stack.of(scope);
  return new ServicePrincipal('sagemaker.amazonaws.com', {
    conditions: {
      StringEquals: { 'aws:SourceAccount': account },
      ArnLike: { 'aws:SourceArn': `arn:${partition}:sagemaker:${region}:${account}:*` },
    },
  });
}

function repositoryArn(image: string, partition: string): string {
  const { registry, region, repository } = imageAddress(image);
  return `arn:${partition}:ecr:${region}:${registry}:repository/${repository}`;
}

/** Each log group and what is in it. The colon ends the name: no other group's begins with it. */
function logArns(scope: Construct, endpoints: readonly HostedEndpoint[]): string[] {
  const { partition, region, account } = Stack.of(scope);
  return logGroupNames(endpoints).flatMap((name) => {
    const group = `arn:${partition}:logs:${region}:${account}:log-group:${name}`;
    return [group, `${group}:*`];
  });
}

/** docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html; components have groups of their own. */
function logGroupNames(endpoints: readonly HostedEndpoint[]): string[] {
  return endpoints.flatMap(({ endpointName, models }) => [
    `/aws/sagemaker/Endpoints/${endpointName}`,
    ...models.flatMap(({ component }) =>
      component === undefined ? [] : [`/aws/sagemaker/InferenceComponents/${component}`],
    ),
  ]);
}

function allow(
  actions: readonly string[],
  resources: readonly string[],
  conditions?: Conditions,
): PolicyStatement {
  return new PolicyStatement({
    actions: [...actions],
    resources: [...new Set(resources)],
    ...(conditions !== undefined && { conditions }),
  });
}

/** A wildcard with its reason. One that has none fails the synthesis. */
function acknowledge(role: Role, resources: readonly string[], reason: string): void {
  const { partition, account } = Stack.of(role);
  const shownAccount = Token.isUnresolved(account) ? '<AWS::AccountId>' : account;
  for (const resource of new Set(resources.filter((each) => each.includes('*')))) {
    const shown = resource.replace(partition, '<AWS::Partition>').replace(account, shownAccount);
    Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${shown}]`, reason });
  }
}
