import { CfnOutput, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { AwsDeployment } from '../desired-state/document.ts';
import type { HostedEndpoint } from '../desired-state/hosted.ts';
import { alarmTopic } from './alarm-topic.ts';
import { watch } from './alarms.ts';
import { guardBudget } from './budget.ts';
import { SageMakerEndpoint } from './endpoint.ts';
import { executionRole } from './execution-role.ts';
import { accessKeyInvoker, webIdentityInvoker } from './invoker.ts';
import { invokerName, regionTag } from './invoker-names.ts';
import { outputs } from './outputs.ts';
import { followLoad } from './scaling.ts';

export interface GatewayStackProps extends StackProps {
  readonly stackName: string;
  readonly endpoints: readonly HostedEndpoint[];
  readonly aws: AwsDeployment;
  /** Where the Worker is reached, and publishes its keys. */
  readonly domain: string | undefined;
}

/** Everything of one environment that is on AWS. */
export class GatewayStack extends Stack {
  constructor(scope: Construct, id: string, { endpoints, aws, domain, ...props }: GatewayStackProps) {
    super(scope, id, { terminationProtection: aws.protected, ...props });
    const topic = alarmTopic(this, aws.alarmEmail);
    guardBudget(this, props.stackName, aws.monthlyBudgetUsd, topic);
    const role = executionRole(this, endpoints);
    for (const endpoint of endpoints) {
      const hosted = new SageMakerEndpoint(this, endpoint.id, { endpoint, executionRoleArn: role.roleArn });
      // SageMaker assumes the role as soon as it makes an endpoint, with all that the role may do.
      hosted.node.addDependency(role);
      followLoad(hosted, endpoint, [hosted.resource, ...hosted.components]);
      watch(hosted, endpoint, topic);
    }
    this.#invoker(invokerName(props.stackName), aws, domain, this.#invocable(endpoints));
    new CfnOutput(this, outputs.alarmTopic, { value: topic.topicArn });
    new CfnOutput(this, outputs.endpoints, {
      value: endpoints.map(({ endpointName }) => endpointName).join(','),
    });
    Tags.of(this).add('stack', props.stackName);
  }

  #invoker(name: string, { identity }: AwsDeployment, domain: string | undefined, arns: string[]): void {
    if (identity === 'access-key') {
      const user = accessKeyInvoker(this, name, arns);
      Tags.of(user).add(regionTag, this.region);
      new CfnOutput(this, outputs.invokerUser, { value: user.userName });
      return;
    }
    if (domain === undefined)
      throw new Error('web identity without a domain; the two were not checked to agree');
    const role = webIdentityInvoker(this, name, domain, arns);
    Tags.of(role).add(regionTag, this.region);
    new CfnOutput(this, outputs.invokerRole, { value: role.roleArn });
  }

  /** ARNs of the endpoints and of the components on them; SageMaker writes names in ARNs in lower case. */
  #invocable(endpoints: readonly HostedEndpoint[]): string[] {
    const arn = (resource: string, resourceName: string) =>
      this.formatArn({ service: 'sagemaker', resource, resourceName: resourceName.toLowerCase() });
    return endpoints.flatMap(({ endpointName, models }) => [
      arn('endpoint', endpointName),
      ...models.flatMap(({ component }) =>
        component === undefined ? [] : [arn('inference-component', component)],
      ),
    ]);
  }
}
