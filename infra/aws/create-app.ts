import { App, type AppProps, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { Environment } from '../desired-state/environment.ts';
import { hostedEndpoints } from '../desired-state/hosted.ts';
import { GatewayStack } from './stack.ts';

/**
 * The CDK app of an environment: one stack, or none where nothing runs on AWS. Synthesis fails on a finding of
 * cdk-nag that is not acknowledged with its reason.
 */
export function createApp(
  { stackName, worker, document, catalogue }: Environment,
  props: AppProps = {},
): App {
  const app = new App({ analyticsReporting: false, ...props });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  if (document.aws === undefined) return app;
  const endpoints = hostedEndpoints(catalogue, document.aws);
  new GatewayStack(app, stackName, {
    stackName,
    endpoints,
    aws: document.aws,
    domain: worker.domain,
    env: {
      region: endpoints[0]!.region,
      ...(document.aws.account !== undefined && { account: document.aws.account }),
    },
  });
  return app;
}
