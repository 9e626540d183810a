import { CfnScalableTarget, CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { Construct, IDependable } from 'constructs';
import type { Scaling } from '../desired-state/document.ts';
import { type HostedEndpoint, productionVariant } from '../desired-state/hosted.ts';

/**
 * Lets the number of servers follow the requests in progress. Both metrics are of high resolution (10 s) and published
 * for every real-time endpoint; SageMaker gives them their dimensions, the endpoint and its variant or the component.
 */
export function followLoad(
  scope: Construct,
  { endpointName, minInstances, maxInstances, hosting, models }: HostedEndpoint,
  after: readonly IDependable[],
): void {
  if ('container' in hosting)
    scale(scope, 'Scaling', hosting.scaling, after, {
      resourceId: `endpoint/${endpointName}/variant/${productionVariant}`,
      scalableDimension: 'sagemaker:variant:DesiredInstanceCount',
      minCapacity: minInstances,
      maxCapacity: maxInstances,
      metric: 'SageMakerVariantConcurrentRequestsPerModelHighResolution',
    });
  for (const { component, share } of models)
    if (share !== undefined)
      scale(scope, `Scaling${component}`, share.scaling, after, {
        resourceId: `inference-component/${component}`,
        scalableDimension: 'sagemaker:inference-component:DesiredCopyCount',
        minCapacity: share.copies.min,
        maxCapacity: share.copies.max,
        metric: 'SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution',
      });
}

interface Capacity {
  readonly resourceId: string;
  readonly scalableDimension: string;
  readonly minCapacity: number;
  readonly maxCapacity: number;
  readonly metric: string;
}

function scale(
  scope: Construct,
  id: string,
  scaling: Scaling,
  after: readonly IDependable[],
  { metric, ...capacity }: Capacity,
): void {
  const target = new CfnScalableTarget(scope, id, { serviceNamespace: 'sagemaker', ...capacity });
  target.node.addDependency(...after);
  new CfnScalingPolicy(scope, `${id}Policy`, {
    policyName: 'concurrent-requests',
    policyType: 'TargetTrackingScaling',
    scalingTargetId: target.ref,
    targetTrackingScalingPolicyConfiguration: {
      predefinedMetricSpecification: { predefinedMetricType: metric },
      targetValue: scaling.concurrentRequests,
      scaleOutCooldown: scaling.scaleOutCooldownS,
      scaleInCooldown: scaling.scaleInCooldownS,
      disableScaleIn: !scaling.scaleIn,
    },
  });
}
