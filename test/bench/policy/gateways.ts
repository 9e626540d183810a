import { join } from 'node:path';
import { type Bundle, bundleProject, bundleWorker } from '../gateway/bundle.ts';
import { residentMiB } from '../gateway/processes.ts';
import type { WorkerConfig } from '../gateway/project-config.ts';
import { measureRounds, type Reading, warmUp } from '../gateway/rounds.ts';
import { measureStartUps, type StartUp } from '../gateway/start-up.ts';
import { startGateway } from '../gateway/targets.ts';
import { LoadGenerator, startUpstream } from '../gateway/threads.ts';
import { benchCatalogue } from '../gateway/traffic.ts';

/** Ways to score, as `SCORER` gives them. */
export const scorers = {
  'shadow-price': 'shadow-price',
  plain: JSON.stringify({ kind: 'learned', runtime: 'plain' }),
  onnx: JSON.stringify({ kind: 'learned', runtime: 'onnx' }),
} as const;
export type ScorerName = keyof typeof scorers;
const names = Object.keys(scorers) as readonly ScorerName[];

/** The whole gateway with one scorer, under JSON requests from 16 connections. */
export interface GatewayCost {
  readonly scorer: ScorerName;
  /** CPU time a request, of the round with the least: whoever else is at work only adds to it. */
  readonly cpuUs: number | undefined;
  readonly residentMiB: number | undefined;
  readonly failures: readonly string[];
}

type Progress = (text: string) => void;

/** The Worker as it is deployed for a scorer: onnxruntime-web is in the bundle of who asks for it. */
export interface GatewayBundles {
  readonly usual: Bundle;
  readonly withOnnxruntime: Bundle;
}

export async function bundleGateways(): Promise<GatewayBundles> {
  const carrying = { CARRIES_ONNXRUNTIME: 'true' };
  return {
    usual: await bundleProject('gateway'),
    withOnnxruntime: await bundleProject('gateway-with-onnxruntime', undefined, carrying),
  };
}

function bundleFor(scorer: ScorerName, { usual, withOnnxruntime }: GatewayBundles): Bundle {
  return scorer === 'onnx' ? withOnnxruntime : usual;
}

export async function measureGateways(
  bundles: GatewayBundles,
  config: WorkerConfig,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
  progress: Progress,
): Promise<readonly GatewayCost[]> {
  const upstream = await startUpstream();
  const generator = new LoadGenerator();
  const url = `http://127.0.0.1:${upstream.port}`;
  const targets = await Promise.all(
    names.map(async (name) => ({
      ...(await startGateway(bundleFor(name, bundles), config, url, { SCORER: scorers[name] })),
      name,
    })),
  );
  progress('warming up');
  await warmUp(generator, targets);
  const readings = await measureRounds(generator, targets, rounds, seconds, progress, ['json']);
  const costs = targets.map(({ name, pid }): GatewayCost => {
    const own = readings.filter(({ target }) => target === name);
    return {
      scorer: name,
      cpuUs: leastCpuUs(own),
      residentMiB: pid === undefined ? undefined : residentMiB(pid),
      failures: own.flatMap(({ load }) => load.failures),
    };
  });
  await Promise.all([generator.close(), upstream.close()]);
  return costs;
}

function leastCpuUs(readings: readonly Reading[]): number | undefined {
  const costs = readings.flatMap(({ cpuMs, load }) =>
    cpuMs === undefined ? [] : [(1_000 * cpuMs) / load.requests],
  );
  return costs.length === 0 ? undefined : Math.min(...costs);
}

/** Sizes and starts: with each scorer, and of a Worker that carries onnxruntime-web and does not use it. */
export async function measureStarts(
  bundles: GatewayBundles,
  config: WorkerConfig,
  progress: Progress,
): Promise<readonly StartUp[]> {
  const entry = join(import.meta.dirname, '../gateway/workers/empty.ts');
  const empty = await bundleWorker('empty', entry, config.compatibilityDate);
  const startable = (of: Bundle, name: string, scorer: string) => ({
    bundle: { ...of, name },
    config,
    variables: {
      CATALOGUE: JSON.stringify(benchCatalogue('http://127.0.0.1:1')),
      ACCESS: 'open',
      SCORER: scorer,
    },
  });
  return await measureStartUps(
    [
      ...names.map((name) => startable(bundleFor(name, bundles), name, scorers[name])),
      startable(bundles.withOnnxruntime, 'carried', scorers.plain),
    ],
    { bundle: empty, config: { ...config, durableObjects: [], compatibilityFlags: [] }, variables: {} },
    progress,
  );
}
