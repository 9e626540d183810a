import { fileURLToPath } from 'node:url';
import { unstable_readConfig } from 'wrangler';
import { DeploymentError } from './deployment-error.ts';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** What `wrangler.toml` says of one environment. It is the only place that says it. */
export interface WorkerSettings {
  readonly name: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Names under which the Worker finds what it is bound to, secrets excepted. */
  readonly bindings: readonly string[];
  /** Where the API is reached; undefined: at the account's workers.dev address. */
  readonly domain: string | undefined;
  /** R2 bucket where policies are published; undefined: none can be. */
  readonly artifactBucket: string | undefined;
  /** Whether onnxruntime-web is in its bundle. */
  readonly carriesOnnxruntime: boolean;
}

/** @throws DeploymentError when wrangler finds no such environment, or a fault in the file */
export function readWorkerSettings(environment: string): WorkerSettings {
  const config = readConfig(environment);
  return {
    name: config.name ?? '',
    variables: config.vars,
    bindings: [
      ...config.durable_objects.bindings.map(({ name }: { name: string }) => name),
      ...config.services!.map(({ binding }: { binding: string }) => binding),
      ...config.r2_buckets.map(({ binding }: { binding: string }) => binding),
      ...config.analytics_engine_datasets.map(({ binding }: { binding: string }) => binding),
      ...config.ratelimits.map(({ name }: { name: string }) => name),
      ...(config.ai === undefined ? [] : [config.ai.binding]),
    ],
    domain: domainOf(config.routes ?? []),
    artifactBucket: config.r2_buckets.find(({ binding }: { binding: string }) => binding === 'ARTIFACTS')
      ?.bucket_name,
    carriesOnnxruntime: config.define.CARRIES_ONNXRUNTIME === 'true',
  };
}

function readConfig(environment: string) {
  try {
    return unstable_readConfig(
      { config: `${repository}wrangler.toml`, env: environment },
      { hideWarnings: true },
    );
  } catch (error) {
    throw new DeploymentError('wrangler.toml', [error instanceof Error ? error.message : String(error)]);
  }
}

function domainOf(routes: readonly unknown[]): string | undefined {
  const custom = routes.find(
    (route): route is { pattern: string } =>
      typeof route === 'object' && route !== null && 'custom_domain' in route && route.custom_domain === true,
  );
  return custom?.pattern;
}
