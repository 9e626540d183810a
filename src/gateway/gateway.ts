import { AccessEdge } from '../access/access-client.ts';
import { createBackends } from '../backends/registry.ts';
import { type Config, type Env, readConfig } from '../config.ts';
import { bundledLearnedScorer, prepareLearned, publishedPolicy } from '../model/learned.ts';
import { wallClock } from '../platform/clock.ts';
import { PoolEdge } from '../pool/pool-client.ts';
import type { ScorerConfig } from '../routing/catalogue.ts';
import { createScorer } from '../routing/create-scorer.ts';
import { analyticsRecords } from '../telemetry/analytics.ts';
import { consoleRecords, type RecordSink } from '../telemetry/record.ts';
import type { Gateway } from './context.ts';
import { createRedactor } from './redact.ts';

/** SDK clients and scorers are worth keeping; an isolate has one environment, so it builds one gateway. */
const built = new WeakMap<Env, Gateway>();

export function gatewayFor(env: Env): Gateway {
  const known = built.get(env);
  if (known !== undefined) return known;
  const config = readConfig(env);
  const { scorer } = config.catalogue;
  const gateway: Gateway = {
    config,
    scorer: createScorer(scorer, Math.random, bundledLearnedScorer),
    published:
      scorer.kind === 'learned' && env.ARTIFACTS !== undefined
        ? publishedPolicy(env.ARTIFACTS, scorer, wallClock)
        : undefined,
    fallback:
      scorer.kind === 'learned'
        ? createScorer({ kind: 'shadow-price', ...scorer.fallback }, Math.random)
        : undefined,
    backends: createBackends(env),
    edge: new PoolEdge(),
    accessEdge: new AccessEdge(),
    records: recordsOf(env, config),
    redact: createRedactor(env, config.catalogue),
    random: Math.random,
    clock: () => performance.now(),
  };
  built.set(env, gateway);
  return gateway;
}

/** Every place that wants a record. */
function recordsOf({ ANALYTICS }: Env, { records }: Config): RecordSink {
  const sinks = [
    ...(records === 'console' ? [consoleRecords] : []),
    ...(ANALYTICS === undefined ? [] : [analyticsRecords(ANALYTICS)]),
  ];
  return (record) => {
    for (const write of sinks) write(record);
  };
}

/**
 * Loads what the configured scorer needs, so that no request waits for it. Never fails: what is wrong with the
 * configuration or the network is the answer to the requests that meet it.
 */
export async function prepareGateway(env: Env): Promise<void> {
  const scorer = configuredScorer(env);
  if (scorer?.kind === 'learned') await prepareLearned(scorer);
}

function configuredScorer(env: Env): ScorerConfig | undefined {
  try {
    return readConfig(env).catalogue.scorer;
  } catch {
    return undefined;
  }
}
