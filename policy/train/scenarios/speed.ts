import type { Slo, Variant } from '../../../src/routing/catalogue.ts';
import { type Hardware, totalGpus, variantsOn } from '../../arena/fleet.ts';
import { SteadyWork } from '../../bounds/steady-work.ts';
import { StepTimer } from '../../simulator/step-time.ts';
import type { TokenLengths } from '../../workloads/lengths.ts';
import { type DrawnFleet, meansOf } from './drawn-fleet.ts';

/** How one request is served alone, in ms. */
export interface IdleTimes {
  readonly ttftMs: number;
  readonly tpotMs: number;
  readonly e2eMs: number;
}

export function idleTimes(hardware: Hardware, { promptTokens, outputTokens }: TokenLengths): IdleTimes {
  const ttftMs = prefillMs(hardware, promptTokens);
  const tpotMs = decodeMs(hardware, 1, promptTokens + outputTokens / 2);
  return { ttftMs, tpotMs, e2eMs: ttftMs + (outputTokens - 1) * tpotMs };
}

/** What somebody who measured a variant well would write as its prior. `contextTokens`: of a mean request. */
export function measuredPrior(hardware: Hardware, contextTokens: number): Variant['prior'] {
  const [alone, among] = [1, 129].map((decodes) => decodeMs(hardware, decodes, contextTokens));
  const [empty, long] = [1, 1_025].map((tokens) => prefillMs(hardware, tokens));
  return {
    ttftMs: empty!,
    ttftMsPerToken: (long! - empty!) / 1_024,
    tpotMs: alone!,
    tpotMsPerRequest: (among! - alone!) / 128,
  };
}

function prefillMs(hardware: Hardware, tokens: number): number {
  return timer(hardware).stepMs({
    decodes: 0,
    contextTokens: 0,
    chunks: 1,
    prefillTokens: tokens,
    prefillPairs: tokens ** 2 / 2,
    emitted: 1,
  });
}

function decodeMs(hardware: Hardware, decodes: number, contextTokens: number): number {
  return timer(hardware).stepMs({
    decodes,
    contextTokens: decodes * contextTokens,
    chunks: 0,
    prefillTokens: 0,
    prefillPairs: 0,
    emitted: decodes,
  });
}

function timer({ coefficients, overheadMs }: Hardware): StepTimer {
  return new StepTimer(coefficients, overheadMs ?? coefficients.overheadMs, 0);
}

/** Requests per second that can be served on time in the long run, by the estimate of `SteadyWork`. */
export interface Capacity {
  /** By the largest model alone, given all GPUs. */
  readonly largest: number;
  /** By all endpoints together, each with the fastest of its models. */
  readonly fastest: number;
}

/** Tasks are taken to be equally frequent, and each request to have its task's mean lengths. */
export function fleetCapacity({ fleet, largestId, lengths }: DrawnFleet): Capacity {
  const { catalogue, hardware } = fleet;
  const means = meansOf(lengths);
  const perReplica = (id: string) => ratePerReplica(hardware.get(id)!, means, catalogue.tasks);
  const fastest = catalogue.endpoints.map((endpoint) => {
    const own = variantsOn(catalogue, endpoint).map(({ id }) => perReplica(id));
    return endpoint.replicas * Math.max(...own);
  });
  const largestReplicas = Math.floor(totalGpus(fleet) / hardware.get(largestId)!.gpus);
  return {
    largest: largestReplicas * perReplica(largestId),
    fastest: fastest.reduce((sum, rate) => sum + rate, 0),
  };
}

function ratePerReplica(
  hardware: Hardware,
  means: Readonly<Record<string, TokenLengths>>,
  tasks: Readonly<Record<string, { readonly slo: Slo }>>,
): number {
  const work = new SteadyWork(hardware);
  const each = Object.entries(means).map(([task, lengths]) => work.requestMs(lengths, tasks[task]!.slo));
  return (1_000 * each.length) / each.reduce((sum, ms) => sum + ms, 0);
}
