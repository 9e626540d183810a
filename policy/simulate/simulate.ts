import type { Clock } from '../../src/platform/clock.ts';
import { readServerRow } from '../simulator/coefficient-file.ts';
import { type EngineOptions, engineDefaults } from '../simulator/engine.ts';
import { KvCache } from '../simulator/kv-cache.ts';
import { Sequence } from '../simulator/sequence.ts';
import { type RequestCheck, readTrace } from '../workloads/trace.ts';
import type { SimulateOptions } from './arguments.ts';
import { type ServeProgress, serveAll } from './serve.ts';
import { type Latencies, measuredLatencies, type Summary, summarise } from './summary.ts';

export interface Simulation {
  readonly engine: EngineOptions;
  readonly summary: Summary;
  readonly measured: Latencies;
  readonly preemptions: number;
  /** CPU time that serving all requests took, without reading the files. */
  readonly cpuMs: number;
}

export interface SimulateHooks {
  /** CPU time of this process so far. */
  readonly cpuClock: Clock;
  /** Told how many requests there are, then now and then how many have been submitted. */
  readonly progress: (requests: number) => ServeProgress;
}

/**
 * Reads what the options name and serves the requests on one engine.
 * @throws CommandError, CsvError for what a person has to mend
 */
export function simulate(options: SimulateOptions, { cpuClock, progress }: SimulateHooks): Simulation {
  const engine = engineOptions(options);
  const requests = readTrace(options.requests, fitsInto(engine));
  const beganMs = cpuClock();
  const served = serveAll(engine, requests, progress(requests.length));
  const cpuMs = warmMs(cpuClock() - beganMs, () => serveAll(engine, requests), cpuClock);
  return {
    engine,
    summary: summarise(requests, served, cpuMs),
    measured: measuredLatencies(requests),
    preemptions: served.preemptions,
    cpuMs,
  };
}

/** A shorter simulation is repeated for this long: its first run is spent compiling it. */
const timedMs = 400;

/** What `serve` takes, given that its first run took `firstMs`: the mean of more runs where that was short. */
function warmMs(firstMs: number, serve: () => void, cpuClock: Clock): number {
  const beganMs = cpuClock();
  let spentMs = 0;
  let runs = 0;
  while (firstMs + spentMs < timedMs) {
    serve();
    runs += 1;
    spentMs = cpuClock() - beganMs;
  }
  return runs === 0 ? firstMs : spentMs / runs;
}

/** The engine of the row, with what the command line changes. */
function engineOptions({
  coefficients: file,
  row,
  maxNumSeqs,
  overheadMs,
  kvTokens,
}: SimulateOptions): EngineOptions {
  return {
    ...readServerRow(file, row, '--row'),
    ...(maxNumSeqs !== undefined && { maxNumSeqs }),
    ...(overheadMs !== undefined && { overheadMs }),
    ...(kvTokens !== undefined && { kvTokens }),
  };
}

/** Finds the requests that the engine could not serve even alone. */
function fitsInto({ coefficients, kvTokens = coefficients.kvTokens }: EngineOptions): RequestCheck {
  const { blockTokens } = engineDefaults;
  const { capacityTokens } = new KvCache(kvTokens, blockTokens);
  return ({ promptTokens, outputTokens }) => {
    const { maxCachedTokens } = new Sequence(0, promptTokens, outputTokens);
    if (maxCachedTokens <= capacityTokens) return undefined;
    return (
      `never fits: ${promptTokens} prompt and ${outputTokens} output tokens need ${maxCachedTokens} tokens of KV ` +
      `cache, the engine has ${capacityTokens} in whole blocks of ${blockTokens}`
    );
  };
}
