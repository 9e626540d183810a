import { Stack, Token, Validations } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { HostedEndpoint } from '../desired-state/hosted.ts';
import { imageAddress } from '../desired-state/image.ts';

/** What SageMaker may do to run the containers: fetch their images and weights, write their logs and metrics. */
export function executionRole(scope: Construct, endpoints: readonly HostedEndpoint[]): Role {
  const { partition, region, account } = Stack.of(scope);
  const containers = endpoints.flatMap(({ models }) => models.map(({ container }) => container));
  const weights = containers.flatMap((container) => container.weights ?? []);
  const logs = logGroupNames(endpoints).map(
    (name) => `arn:${partition}:logs:${region}:${account}:log-group:${name}*`,
  );
  const objects = weights.map((uri) => `arn:${partition}:s3:::${uri.slice('s3://'.length)}*`);
  const role = new Role(scope, 'ExecutionRole', {
    assumedBy: new ServicePrincipal('sagemaker.amazonaws.com'),
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
          ...(weights.length === 0
            ? []
            : [
                allow(['s3:GetObject'], objects),
                allow(
                  ['s3:ListBucket'],
                  weights.map((uri) => `arn:${partition}:s3:::${uri.split('/')[2]}`),
                ),
              ]),
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
  acknowledge(role, objects, 'the files of one model, which lie under one prefix');
  return role;
}

function repositoryArn(image: string, partition: string): string {
  const { registry, region, repository } = imageAddress(image);
  return `arn:${partition}:ecr:${region}:${registry}:repository/${repository}`;
}

function logGroupNames(endpoints: readonly HostedEndpoint[]): string[] {
  return endpoints.flatMap(({ endpointName, models }) => [
    `/aws/sagemaker/Endpoints/${endpointName}`,
    ...models.flatMap(({ component }) =>
      component === undefined ? [] : [`/aws/sagemaker/InferenceComponents/${component}`],
    ),
  ]);
}

function allow(
  actions: string[],
  resources: string[],
  conditions?: Record<string, unknown>,
): PolicyStatement {
  return new PolicyStatement({
    actions,
    resources: [...new Set(resources)],
    ...(conditions !== undefined && { conditions }),
  });
}

/** A wildcard with its reason. One that has none fails the synthesis. */
function acknowledge(role: Role, resources: readonly string[], reason: string): void {
  const { partition, account } = Stack.of(role);
  const shownAccount = Token.isUnresolved(account) ? '<AWS::AccountId>' : account;
  for (const resource of new Set(resources)) {
    const shown = resource.replace(partition, '<AWS::Partition>').replace(account, shownAccount);
    Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${shown}]`, reason });
  }
}
