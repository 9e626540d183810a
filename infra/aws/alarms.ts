import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { type HostedEndpoint, productionVariant } from '../desired-state/hosted.ts';

/** Share of the invocations that may fail before somebody is told. */
const tolerableFailures = 0.02;

/** Share of what the ledger lets into an endpoint at which it counts as full. */
const full = 0.9;

/** Tells the topic when an endpoint fails, and when it stays full although scaling had its time. */
export function watch(scope: Construct, endpoint: HostedEndpoint, topic: ITopic): void {
  const requestsPerServer = requestsPerServerWhenFull(endpoint);
  for (const { component, share } of endpoint.models) {
    const dimensionsMap: Readonly<Record<string, string>> =
      component === undefined
        ? { EndpointName: endpoint.endpointName, VariantName: productionVariant }
        : { InferenceComponentName: component };
    const metric = (metricName: string, statistic: string) =>
      new Metric({
        namespace: 'AWS/SageMaker',
        metricName,
        dimensionsMap,
        statistic,
        period: Duration.minutes(1),
      });
    const name = component ?? '';
    alarm(scope, `Failures${name}`, topic, {
      description: `More than ${tolerableFailures * 100} % of the invocations of ${component ?? endpoint.endpointName} fail`,
      metric: new MathExpression({
        expression: 'IF(invocations > 0, failures / invocations, 0)',
        usingMetrics: {
          failures: metric('Invocation5XXErrors', 'Sum'),
          invocations: metric('Invocations', 'Sum'),
        },
        period: Duration.minutes(1),
      }),
      threshold: tolerableFailures,
    });
    alarm(scope, `Saturation${name}`, topic, {
      description: `A server of ${component ?? endpoint.endpointName} has had its part of a full endpoint for minutes: requests are served by others, or shed`,
      // Published with a minimum and a maximum only (docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html).
      metric: metric(
        share === undefined ? 'ConcurrentRequestsPerModel' : 'ConcurrentRequestsPerCopy',
        'Maximum',
      ),
      threshold: requestsPerServer,
    });
  }
}

/**
 * Requests in progress at each server, an instance or a model's copy, when the endpoint is full and has all it may have.
 * However models divide an endpoint that they have filled, one of them has more.
 */
function requestsPerServerWhenFull({ models, maxInstances, maxInFlightPerReplica }: HostedEndpoint): number {
  const servers = models.reduce((sum, { share }) => sum + (share?.copies.max ?? maxInstances), 0);
  return Math.floor((full * maxInFlightPerReplica * maxInstances) / servers);
}

interface Condition {
  readonly description: string;
  readonly metric: IMetric;
  readonly threshold: number;
}

/** Five minutes of which three are over the threshold; an endpoint that nobody calls has no data and is well. */
function alarm(
  scope: Construct,
  id: string,
  topic: ITopic,
  { description, metric, threshold }: Condition,
): void {
  const created = new Alarm(scope, id, {
    alarmDescription: description,
    metric,
    threshold,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: 5,
    datapointsToAlarm: 3,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  created.addAlarmAction(new SnsAction(topic));
  created.addOkAction(new SnsAction(topic));
}
