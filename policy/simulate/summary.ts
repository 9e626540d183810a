import { mean, quantile } from '../report/statistics.ts';
import type { RecordedRequest } from '../workloads/request.ts';
import type { ServedTimes } from './serve.ts';

/** Mean and quantiles of a set of latencies; `null` when there are none. */
export interface Spread {
  readonly mean: number | null;
  readonly p50: number | null;
  readonly p99: number | null;
}

/** What requests waited for, in ms. TPOT is the mean time of a request's tokens after the first, if it has any. */
export interface Latencies {
  readonly ttftMs: readonly number[];
  readonly tpotMs: readonly number[];
  readonly e2eMs: readonly number[];
}

/** How far the simulated means are from the measured ones, in percent of these; only of what was measured. */
export interface Errors {
  readonly ttftMean?: number;
  readonly tpotMean?: number;
  readonly e2eMean?: number;
}

/** The document `--json` prints. */
export interface Summary {
  readonly requests: number;
  readonly simulatedRequestsPerSecond: number;
  readonly ttftMs: Spread;
  readonly tpotMs: Spread;
  readonly e2eMs: Spread;
  readonly errorsPct?: Errors;
}

/** @param cpuMs CPU time that serving all of them took, above 0 */
export function summarise(requests: readonly RecordedRequest[], served: ServedTimes, cpuMs: number): Summary {
  const simulated = simulatedLatencies(requests, served);
  const errors = errorsPct(simulated, measuredLatencies(requests));
  return {
    requests: requests.length,
    simulatedRequestsPerSecond: (requests.length / cpuMs) * 1000,
    ttftMs: spreadOf(simulated.ttftMs),
    tpotMs: spreadOf(simulated.tpotMs),
    e2eMs: spreadOf(simulated.e2eMs),
    ...(Object.keys(errors).length > 0 && { errorsPct: errors }),
  };
}

function simulatedLatencies(requests: readonly RecordedRequest[], served: ServedTimes): Latencies {
  const { firstTokenMs, finishedMs } = served;
  return {
    ttftMs: requests.map(({ arrivalMs }, id) => firstTokenMs[id]! - arrivalMs),
    tpotMs: requests.flatMap(({ outputTokens }, id) =>
      tokenTimeMs(outputTokens, finishedMs[id]! - firstTokenMs[id]!),
    ),
    e2eMs: requests.map(({ arrivalMs }, id) => finishedMs[id]! - arrivalMs),
  };
}

/** Empty where the file has no measured times: its columns hold for all requests or for none. */
export function measuredLatencies(requests: readonly RecordedRequest[]): Latencies {
  const ttftMs: number[] = [];
  const tpotMs: number[] = [];
  const e2eMs: number[] = [];
  for (const { outputTokens, measured } of requests) {
    if (measured?.ttftMs !== undefined) ttftMs.push(measured.ttftMs);
    if (measured?.e2eMs !== undefined) e2eMs.push(measured.e2eMs);
    if (measured?.ttftMs !== undefined && measured.e2eMs !== undefined)
      tpotMs.push(...tokenTimeMs(outputTokens, measured.e2eMs - measured.ttftMs));
  }
  return { ttftMs, tpotMs, e2eMs };
}

/** A request's mean time per token after the first; none when the first is the only one. */
function tokenTimeMs(outputTokens: number, afterFirstMs: number): readonly number[] {
  return outputTokens > 1 ? [afterFirstMs / (outputTokens - 1)] : [];
}

function errorsPct(simulated: Latencies, measured: Latencies): Errors {
  const ttftMean = errorPct(simulated.ttftMs, measured.ttftMs);
  const tpotMean = errorPct(simulated.tpotMs, measured.tpotMs);
  const e2eMean = errorPct(simulated.e2eMs, measured.e2eMs);
  return {
    ...(ttftMean !== undefined && { ttftMean }),
    ...(tpotMean !== undefined && { tpotMean }),
    ...(e2eMean !== undefined && { e2eMean }),
  };
}

/** Undefined where nothing was measured, or nothing but zeros, which no error can be a share of. */
function errorPct(simulated: readonly number[], measured: readonly number[]): number | undefined {
  const simulatedMean = mean(simulated);
  const measuredMean = mean(measured);
  if (simulatedMean === null || measuredMean === null || measuredMean === 0) return undefined;
  return (simulatedMean / measuredMean - 1) * 100;
}

function spreadOf(values: readonly number[]): Spread {
  const ascending = new Float64Array(values).sort();
  return { mean: mean(values), p50: quantile(ascending, 0.5), p99: quantile(ascending, 0.99) };
}
