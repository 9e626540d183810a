import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import type { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Effect, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createApp } from '../../infra/aws/create-app.ts';
import { rootThumbprints } from '../../infra/aws/invoker.ts';
import { documentPath, type Environment, loadEnvironment } from '../../infra/desired-state/environment.ts';
import { sageMakerEndpoints } from '../../infra/desired-state/hosted.ts';
import { mixedEnvironment } from '../support/environment.ts';

// Synthesis is computing, and machines differ.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const outdir = mkdtempSync(join(tmpdir(), 'sluice-stack-'));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

function templateOf(environment: Environment): Template {
  const app = createApp(environment, { outdir: join(outdir, environment.stackName) });
  return Template.fromStack(app.node.findChild(environment.stackName) as Stack);
}

/** Resources of a type by logical id. */
function found(template: Template, type: string): Record<string, Record<string, unknown>>[] {
  return Object.values(template.findResources(type)) as Record<string, Record<string, unknown>>[];
}

let template: Template;
beforeAll(() => {
  template = templateOf(mixedEnvironment());
});

describe('the identity that the Worker signs with', () => {
  const arn = (resource: string) => ({
    'Fn::Join': [
      '',
      ['arn:', { Ref: 'AWS::Partition' }, ':sagemaker:eu-west-1:', { Ref: 'AWS::AccountId' }, `:${resource}`],
    ],
  });

  it('says in which region its stack is, for its name is one for all regions', () => {
    template.hasResourceProperties('AWS::IAM::User', {
      UserName: 'mixed-stack-invoker',
      Tags: Match.arrayWith([{ Key: 'region', Value: 'eu-west-1' }]),
    });
  });

  it('may invoke the catalogue’s endpoints and components, and do nothing else', () => {
    const policies = found(template, 'AWS::IAM::Policy');
    expect(policies).toHaveLength(1);
    expect(policies[0]!.Properties).toMatchObject({
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Action: 'sagemaker:InvokeEndpoint',
            // Names in ARNs are in lower case, whatever the endpoint is called.
            Resource: [
              arn('endpoint/shared-gpus'),
              arn('inference-component/big-part'),
              arn('inference-component/tiny-part'),
              arn('endpoint/own-gpus'),
            ],
          },
        ],
      },
    });
    const user = Object.keys(template.findResources('AWS::IAM::User'))[0];
    expect(policies[0]!.Properties?.Users).toEqual([{ Ref: user }]);
  });

  it('is a role for its own tokens where no access key is asked for', () => {
    const own = templateOf({ ...mixedEnvironment({ identity: 'web-identity' }), stackName: 'web-identity' });
    own.resourceCountIs('AWS::IAM::User', 0);
    // A stack that changes from one to the other must not find another type under the same id.
    for (const id of Object.keys(template.findResources('AWS::IAM::User')))
      expect(own.toJSON().Resources).not.toHaveProperty(id);
    own.hasResourceProperties('AWS::IAM::OIDCProvider', {
      Url: 'https://gateway.sluice.test',
      ClientIdList: ['sts.amazonaws.com'],
      ThumbprintList: rootThumbprints,
    });
    own.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Action: 'sts:AssumeRoleWithWebIdentity',
            Condition: {
              StringEquals: {
                'gateway.sluice.test:aud': 'sts.amazonaws.com',
                'gateway.sluice.test:sub': 'gateway',
              },
            },
          },
        ],
      },
    });
    const [policy, ...others] = found(own, 'AWS::IAM::Policy');
    expect(others).toEqual([]);
    expect(policy?.Properties).toMatchObject({
      PolicyDocument: { Statement: [{ Action: 'sagemaker:InvokeEndpoint' }] },
    });
  });

  it('names roots that Node trusts, too', () => {
    const known = rootCertificates.map((certificate) =>
      new X509Certificate(certificate).fingerprint.replaceAll(':', '').toLowerCase(),
    );
    expect(known).toEqual(expect.arrayContaining([...rootThumbprints]));
  });

  it('leaves no secret in the template', () => {
    template.resourceCountIs('AWS::IAM::AccessKey', 0);
  });
});

describe('the role that SageMaker assumes', () => {
  const account = { Ref: 'AWS::AccountId' };
  const joined = (...parts: unknown[]) => ({
    'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ...parts]],
  });
  const executionRole = (of: Template) =>
    Object.values(of.findResources('AWS::IAM::Role')).find(
      ({ Properties }) => Properties.Policies?.[0]?.PolicyName === 'Containers',
    )?.Properties;
  const statement = (of: Template, action: string) =>
    executionRole(of).Policies[0].PolicyDocument.Statement.filter(
      ({ Action }: { Action: string | string[] }) => [Action].flat().includes(action),
    );

  it('is taken for this account and region only', () => {
    expect(executionRole(template).AssumeRolePolicyDocument.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: 'sagemaker.amazonaws.com' },
        Condition: {
          StringEquals: { 'aws:SourceAccount': account },
          ArnLike: { 'aws:SourceArn': joined(':sagemaker:eu-west-1:', account, ':*') },
        },
      },
    ]);
  });

  it('reads the prefixes that hold weights, and lists no others', () => {
    expect(statement(template, 's3:GetObject')).toMatchObject([{ Resource: joined(':s3:::weights/big/*') }]);
    expect(statement(template, 's3:ListBucket')).toMatchObject([
      { Resource: joined(':s3:::weights'), Condition: { StringLike: { 's3:prefix': ['big/*'] } } },
    ]);
  });

  it('lists each bucket under its own prefixes, or as a whole where weights lie at its root', () => {
    const environment = mixedEnvironment();
    const text = JSON.stringify(environment.document).replaceAll(
      '"environment":{"OPTION',
      '"weights":"s3://others/a/b/","environment":{"OPTION',
    );
    const several = (name: string, document: string) =>
      statement(
        templateOf({ ...environment, stackName: name, document: JSON.parse(document) }),
        's3:ListBucket',
      );
    expect(several('two-buckets', text)).toMatchObject([
      { Resource: joined(':s3:::weights'), Condition: { StringLike: { 's3:prefix': ['big/*'] } } },
      { Resource: joined(':s3:::others'), Condition: { StringLike: { 's3:prefix': ['a/b/*'] } } },
    ]);
    const [whole] = several('whole-bucket', text.replaceAll('s3://weights/big/', 's3://weights/'));
    expect(whole).not.toHaveProperty('Condition');
  });

  it('writes to the log groups of its endpoints and components, not to those whose names begin like them', () => {
    const groups = [
      'Endpoints/Shared-GPUs',
      'InferenceComponents/big-part',
      'InferenceComponents/tiny-part',
      'Endpoints/own-gpus',
    ];
    const [{ Resource }] = statement(template, 'logs:PutLogEvents');
    expect(Resource).toHaveLength(2 * groups.length);
    for (const group of groups)
      for (const end of ['', ':*'])
        expect(Resource).toContainEqual(
          joined(':logs:eu-west-1:', account, `:log-group:/aws/sagemaker/${group}${end}`),
        );
  });
});

describe('an endpoint', () => {
  it('is named as the catalogue names it and routes to the least busy server', () => {
    for (const name of ['Shared-GPUs', 'own-gpus'])
      template.hasResourceProperties('AWS::SageMaker::Endpoint', {
        EndpointName: name,
        RetainAllVariantProperties: true,
      });
    template.allResourcesProperties('AWS::SageMaker::EndpointConfig', {
      ProductionVariants: [
        Match.objectLike({ RoutingConfig: { RoutingStrategy: 'LEAST_OUTSTANDING_REQUESTS' } }),
      ],
    });
  });

  it('has the driver that its document asks for, whether models share it or not', () => {
    const { aws } = mixedEnvironment().document;
    const endpoints = Object.entries(aws!.endpoints).map(([id, hosting]) => [
      id,
      { ...hosting, inferenceAmiVersion: 'al2023-ami-sagemaker-inference-gpu-4-1' },
    ]);
    const newer = mixedEnvironment({ endpoints: Object.fromEntries(endpoints) });
    templateOf({ ...newer, stackName: 'newer' }).allResourcesProperties('AWS::SageMaker::EndpointConfig', {
      ProductionVariants: [
        Match.objectLike({ InferenceAmiVersion: 'al2023-ami-sagemaker-inference-gpu-4-1' }),
      ],
    });
    template.allResourcesProperties('AWS::SageMaker::EndpointConfig', {
      ProductionVariants: [Match.objectLike({ InferenceAmiVersion: Match.absent() })],
    });
  });

  it('with one model has its instances to itself', () => {
    template.hasResourceProperties('AWS::SageMaker::EndpointConfig', {
      ExecutionRoleArn: Match.absent(),
      ProductionVariants: [
        Match.objectLike({
          InstanceType: 'ml.g6.2xlarge',
          InitialInstanceCount: 1,
          ManagedInstanceScaling: Match.absent(),
          ModelName: Match.anyValue(),
        }),
      ],
    });
  });

  it('with several lets its instances follow the copies on them, and releases idle ones only', () => {
    template.hasResourceProperties('AWS::SageMaker::EndpointConfig', {
      ExecutionRoleArn: Match.anyValue(),
      ProductionVariants: [
        Match.objectLike({
          ModelName: Match.absent(),
          ManagedInstanceScaling: {
            Status: 'ENABLED',
            MinInstanceCount: 2,
            MaxInstanceCount: 3,
            ScaleInPolicy: { Strategy: 'IDLE_RELEASE' },
          },
        }),
      ],
    });
    template.resourceCountIs('AWS::SageMaker::InferenceComponent', 2);
    template.hasResourceProperties('AWS::SageMaker::InferenceComponent', {
      InferenceComponentName: 'big-part',
      VariantName: 'main',
      RuntimeConfig: { CopyCount: 2 },
      Specification: {
        ComputeResourceRequirements: {
          NumberOfAcceleratorDevicesRequired: 2,
          MinMemoryRequiredInMb: 40_000,
        },
      },
    });
  });
});

describe('a container', () => {
  it('serves the model by the name that its requests carry, with the catalogue’s context', () => {
    template.hasResourceProperties('AWS::SageMaker::Model', {
      PrimaryContainer: {
        Environment: {
          HF_MODEL_ID: 'org/whole',
          OPTION_SERVED_MODEL_NAME: 'org/whole',
          OPTION_MAX_MODEL_LEN: '4000',
          TENSOR_PARALLEL_DEGREE: 'max',
          OPTION_QUANTIZE: 'fp8',
        },
      },
      Tags: Match.arrayWith([{ Key: 'quality-tier', Value: '4' }]),
    });
  });

  it('with weights of one’s own reads them from S3', () => {
    template.hasResourceProperties('AWS::SageMaker::Model', {
      EnableNetworkIsolation: Match.absent(),
      PrimaryContainer: {
        Environment: Match.objectLike({ HF_MODEL_ID: '/opt/ml/model', TENSOR_PARALLEL_DEGREE: '2' }),
        ModelDataSource: { S3DataSource: { S3Uri: 's3://weights/big/', CompressionType: 'None' } },
      },
    });
  });
});

it('an endpoint has no network where all of its models have their own weights', () => {
  const environment = mixedEnvironment();
  const document = JSON.stringify(environment.document);
  const isolated = templateOf({
    ...environment,
    stackName: 'isolated',
    document: JSON.parse(
      document.replaceAll('"environment":{', '"weights":"s3://weights/all/","environment":{'),
    ),
  });
  const shared = (isIsolated: boolean) => ({
    ExecutionRoleArn: Match.anyValue(),
    EnableNetworkIsolation: isIsolated,
  });
  isolated.hasResourceProperties('AWS::SageMaker::EndpointConfig', shared(true));
  isolated.hasResourceProperties('AWS::SageMaker::Model', { EnableNetworkIsolation: true });
  template.hasResourceProperties('AWS::SageMaker::EndpointConfig', shared(false));
});

describe('scaling', () => {
  it('follows the requests in progress of an endpoint’s instances, up to the catalogue’s replicas', () => {
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      ResourceId: 'endpoint/own-gpus/variant/main',
      ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
      MinCapacity: 1,
      MaxCapacity: 2,
    });
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: {
        PredefinedMetricSpecification: {
          PredefinedMetricType: 'SageMakerVariantConcurrentRequestsPerModelHighResolution',
        },
        TargetValue: 20,
        ScaleInCooldown: 1200,
        ScaleOutCooldown: 60,
        DisableScaleIn: true,
      },
    });
  });

  it('follows the requests in progress of a component’s copies', () => {
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      ResourceId: 'inference-component/big-part',
      ScalableDimension: 'sagemaker:inference-component:DesiredCopyCount',
      MinCapacity: 2,
      MaxCapacity: 5,
    });
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: {
        PredefinedMetricSpecification: {
          PredefinedMetricType: 'SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution',
        },
        TargetValue: 8,
        DisableScaleIn: false,
      },
    });
  });

  it('begins only when what it scales is there', () => {
    for (const target of Object.values(
      template.findResources('AWS::ApplicationAutoScaling::ScalableTarget'),
    )) {
      const awaited = (target.DependsOn as string[]).join(' ');
      expect(awaited).toMatch(/Endpoint/);
      if (target.Properties.ResourceId.startsWith('inference-component/'))
        expect(awaited).toMatch(/Component/);
    }
  });
});

describe('somebody is told', () => {
  it('since alarms and budgets of this account, and nobody else, may publish', () => {
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: ['cloudwatch.amazonaws.com', 'budgets.amazonaws.com'] },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          }),
        ]),
      },
    });
    template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'operator@sluice.test',
    });
  });

  it('when invocations fail, and when servers stay full', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'ConcurrentRequestsPerModel',
      // Of this metric and the next AWS publishes no average.
      Statistic: 'Maximum',
      Threshold: 90,
      Dimensions: [
        { Name: 'EndpointName', Value: 'own-gpus' },
        { Name: 'VariantName', Value: 'main' },
      ],
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'ConcurrentRequestsPerCopy',
      Statistic: 'Maximum',
      Dimensions: [{ Name: 'InferenceComponentName', Value: 'tiny-part' }],
    });
    template.resourceCountIs('AWS::CloudWatch::Alarm', 6);
    const topic = Object.keys(template.findResources('AWS::SNS::Topic'))[0];
    template.allResourcesProperties('AWS::CloudWatch::Alarm', {
      AlarmActions: [{ Ref: topic }],
      TreatMissingData: 'notBreaching',
    });
  });

  it('when models that share an endpoint have filled it, however they divide it', () => {
    const threshold = (component: string) => {
      const [alarm] = Object.values(
        template.findResources('AWS::CloudWatch::Alarm', {
          Properties: {
            MetricName: 'ConcurrentRequestsPerCopy',
            Dimensions: [{ Name: 'InferenceComponentName', Value: component }],
          },
        }),
      );
      return alarm!.Properties.Threshold as number;
    };
    // The ledger lets 3 × 128 requests in, and there may be five copies of one and four of the other.
    const mostUnnoticed = 5 * threshold('big-part') + 4 * threshold('tiny-part');
    expect(mostUnnoticed).toBeLessThanOrEqual(0.9 * 3 * 128);
    expect(mostUnnoticed).toBeGreaterThan(0.8 * 3 * 128);
  });

  it('when the month’s budget is nearly spent, or will be', () => {
    template.hasResourceProperties('AWS::Budgets::Budget', {
      Budget: { BudgetLimit: { Amount: 1234, Unit: 'USD' }, CostFilters: { Service: ['Amazon SageMaker'] } },
      NotificationsWithSubscribers: [
        Match.objectLike({ Notification: Match.objectLike({ NotificationType: 'ACTUAL', Threshold: 80 }) }),
        Match.objectLike({
          Notification: Match.objectLike({ NotificationType: 'FORECASTED', Threshold: 100 }),
        }),
      ],
    });
  });
});

it('fails the synthesis on a finding of cdk-nag that nobody has given a reason for', () => {
  const app = createApp(mixedEnvironment(), { outdir: join(outdir, 'finding') });
  const stack = app.node.findChild('mixed-stack') as Stack;
  const role = stack.node.findChild('ExecutionRole') as Role;
  role.addToPolicy(new PolicyStatement({ effect: Effect.ALLOW, actions: ['s3:*'], resources: ['*'] }));
  expect(() => app.synth()).toThrow('AwsSolutions-IAM5[Action::s3:*]');
});

it('has on AWS exactly the catalogue’s SageMaker endpoints, and is clean for cdk-nag', () => {
  const environment = loadEnvironment('production');
  const app = createApp(environment, { outdir: join(outdir, 'production') });
  const { template: synthesized } = app.synth().getStackByName(environment.stackName);
  const resources: Record<string, { Type: string; Properties: { EndpointName: string } }> =
    synthesized.Resources;
  const names = Object.values(resources)
    .filter(({ Type }) => Type === 'AWS::SageMaker::Endpoint')
    .map(({ Properties }) => Properties.EndpointName);
  expect(names).toEqual(sageMakerEndpoints(environment.catalogue).map(({ backend }) => backend.endpointName));
  expect(names).toContain('sluice-production-qwen-7b');
});

it('makes no stack where nothing runs on AWS', () => {
  const environment = loadEnvironment('staging', documentPath('edge-only'));
  expect(createApp(environment, { outdir: join(outdir, 'edge') }).synth().stacks).toEqual([]);
});
