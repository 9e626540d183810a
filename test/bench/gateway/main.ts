import { loadavg } from 'node:os';
import { join } from 'node:path';
import { type Bundle, bundleProject, bundleWorker } from './bundle.ts';
import { readOptions, usage } from './options.ts';
import { installPortkey } from './portkey.ts';
import { endAllProcesses, residentMiB } from './processes.ts';
import { readProjectConfig, type WorkerConfig } from './project-config.ts';
import { formatReport, type Report } from './report.ts';
import { measureRounds, warmUp } from './rounds.ts';
import { measureStartUps, platformLimits, type Startable } from './start-up.ts';
import { compare, summarise } from './summary.ts';
import {
  direct,
  startGateway,
  startPortkeyOnNode,
  startPortkeyWorker,
  startProxy,
  type Target,
} from './targets.ts';
import { LoadGenerator, startUpstream } from './threads.ts';
import { benchCatalogue } from './traffic.ts';

const workers = join(import.meta.dirname, 'workers');

/** The scorer that costs least; without it the gateway runs as it comes, with its learned policy. */
const rule = { SCORER: 'shadow-price' };

/** What has to be built before anything can be measured. */
interface Build {
  readonly config: WorkerConfig;
  readonly plain: WorkerConfig;
  readonly gateway: Bundle;
  readonly withRule: Bundle;
  readonly proxy: Bundle;
  readonly empty: Bundle;
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') return void process.stdout.write(usage);
  const [loadAverage = 0] = loadavg();
  const missing: string[] = [];
  const build = await buildWorkers();
  const upstream = await startUpstream();
  const upstreamUrl = `http://127.0.0.1:${upstream.port}`;
  const generator = new LoadGenerator();
  const startUps = await measureStartUps(...startables(build, upstreamUrl), progress);
  const targets = [
    direct(upstream.port),
    await startGateway(build.gateway, build.config, upstreamUrl),
    await startGateway(build.withRule, build.config, upstreamUrl, rule),
    await startProxy(build.proxy, build.plain, upstreamUrl),
    ...(await startPortkeys(build.plain, upstreamUrl, missing)),
  ];
  progress('warming up');
  await warmUp(generator, targets);
  const readings = await measureRounds(generator, targets, options.rounds, options.seconds, progress);
  const report: Report = {
    rounds: options.rounds,
    seconds: options.seconds,
    loadAverage,
    targets: targets.map(({ name, pid }) => ({
      ...summarise(readings, name, 'upstream'),
      residentMiB: pid === undefined ? undefined : residentMiB(pid),
    })),
    ratios: targets.slice(2).map(({ name }) => compare(readings, 'gateway', name)),
    startUps,
    platformLimits,
    missing,
  };
  clearProgress();
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report));
  await Promise.all([generator.close(), upstream.close()]);
}

async function buildWorkers(): Promise<Build> {
  progress('bundling');
  const config = readProjectConfig();
  const { compatibilityDate } = config;
  return {
    config,
    plain: { compatibilityDate, compatibilityFlags: [], durableObjects: [] },
    gateway: await bundleProject('gateway'),
    withRule: await bundleProject('gateway-with-rule'),
    proxy: await bundleWorker('proxy', join(workers, 'proxy.ts'), compatibilityDate),
    empty: await bundleWorker('empty', join(workers, 'empty.ts'), compatibilityDate),
  };
}

function startables(build: Build, upstreamUrl: string): [readonly Startable[], Startable] {
  const { config, plain } = build;
  const variables = { CATALOGUE: JSON.stringify(benchCatalogue(upstreamUrl)), ACCESS: 'open' };
  const measured = [
    { bundle: build.gateway, config, variables },
    { bundle: build.withRule, config, variables: { ...variables, ...rule } },
    { bundle: build.proxy, config: plain, variables: {} },
  ];
  return [measured, { bundle: build.empty, config: plain, variables: {} }];
}

/** Portkey's gateway on workerd and on Node; what cannot be had is left out of the run, and said. */
async function startPortkeys(
  config: WorkerConfig,
  upstreamUrl: string,
  missing: string[],
): Promise<Target[]> {
  progress("installing Portkey's gateway (once)");
  const portkey = await orMissing("Portkey's gateway", missing, installPortkey);
  if (portkey === undefined) return [];
  const onWorkerd = await orMissing("Portkey's gateway on workerd", missing, async () => {
    const bundle = await bundleWorker('portkey', portkey.worker, config.compatibilityDate);
    return await startPortkeyWorker(bundle, config, upstreamUrl);
  });
  const onNode = await orMissing("Portkey's gateway on Node", missing, () =>
    startPortkeyOnNode(portkey, upstreamUrl),
  );
  return [onWorkerd, onNode].filter((target) => target !== undefined);
}

async function orMissing<Value>(
  what: string,
  missing: string[],
  start: () => Promise<Value>,
): Promise<Value | undefined> {
  try {
    return await start();
  } catch (error) {
    missing.push(`NOT MEASURED: ${what}. ${messageOf(error)}`);
    return undefined;
  }
}

let shownStage = '';

/** On a terminal one line that changes; elsewhere a line per stage, without the steps in it. */
function progress(stage: string, step = ''): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${stage} ${step}`);
  else if (stage !== shownStage) process.stderr.write(`${stage}\n`);
  shownStage = stage;
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

try {
  await main();
} catch (error) {
  clearProgress();
  console.error(`bench:gateway: ${messageOf(error)}`);
  process.exitCode = 1;
} finally {
  endAllProcesses();
}
