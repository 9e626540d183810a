import { median } from '../report/statistics.ts';
import { type EngineOptions, engineDefaults } from '../simulator/engine.ts';
import { KvCache } from '../simulator/kv-cache.ts';
import { Sequence } from '../simulator/sequence.ts';
import { type RequestCheck, readTrace } from '../workloads/trace.ts';
import type { SimulateOptions } from './arguments.ts';
import { readServerRow } from './coefficient-file.ts';
import { type ServedTimes, type ServeProgress, serveAll } from './serve.ts';
import { type Latencies, measuredLatencies, type Summary, summarise } from './summary.ts';

export interface Simulation {
  readonly engine: EngineOptions;
  readonly summary: Summary;
  readonly measured: Latencies;
  readonly preemptions: number;
  /** What serving all requests took by the wall clock, without reading the files. */
  readonly elapsedMs: number;
}

export interface SimulateHooks {
  /** Milliseconds of a clock that does not jump. */
  readonly clock: () => number;
  /** Told how many requests there are, then now and then how many have been submitted. */
  readonly progress: (requests: number) => ServeProgress;
}

/**
 * Reads what the options name and serves the requests on one engine.
 * @throws CommandError, CsvError for what a person has to mend
 */
export function simulate(options: SimulateOptions, { clock, progress }: SimulateHooks): Simulation {
  const engine = engineOptions(options);
  const requests = readTrace(options.requests, fitsInto(engine));
  const { served, elapsedMs } = timed(() => serveAll(engine, requests, progress(requests.length)), clock);
  return {
    engine,
    summary: summarise(requests, served, elapsedMs),
    measured: measuredLatencies(requests),
    preemptions: served.preemptions,
    elapsedMs,
  };
}

/** The first run of code is spent compiling it: a short simulation is repeated for this long to be timed. */
const timedMs = 150;

/** What `serve` brings about, the same every time, and the median of what it takes. */
function timed(serve: () => ServedTimes, clock: () => number): { served: ServedTimes; elapsedMs: number } {
  const beganMs = clock();
  const runsMs: number[] = [];
  for (;;) {
    const startMs = clock();
    const served = serve();
    const endMs = clock();
    runsMs.push(endMs - startMs);
    if (endMs - beganMs < timedMs) continue;
    return { served, elapsedMs: median(runsMs) };
  }
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
    ...readServerRow(file, row),
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
