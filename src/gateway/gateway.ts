import { createBackends } from '../backends/registry.ts';
import { type Env, readConfig } from '../config.ts';
import { PoolEdge } from '../pool/pool-client.ts';
import { createScorer } from '../routing/create-scorer.ts';
import { consoleRecords, noRecords } from '../telemetry/record.ts';
import type { Gateway } from './context.ts';

/** SDK clients and scorers are worth keeping; an isolate has one environment, so it builds one gateway. */
const built = new WeakMap<Env, Gateway>();

export function gatewayFor(env: Env): Gateway {
  const known = built.get(env);
  if (known !== undefined) return known;
  const config = readConfig(env);
  const gateway: Gateway = {
    config,
    scorer: createScorer(config.catalogue.scorer, Math.random),
    backends: createBackends(env),
    edge: new PoolEdge(),
    records: config.records === 'console' ? consoleRecords : noRecords,
    random: Math.random,
    clock: () => performance.now(),
  };
  built.set(env, gateway);
  return gateway;
}
