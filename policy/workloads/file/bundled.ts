import type { WorkloadInput } from './document.ts';

const durationS = 120;
/** Regimes last 2 to 20 s, whatever the rate. */
const regimeS = { from: 2, to: 20 };
/** `0.8 · lognormal(σ 0.8)`: the median falls to 0.8, the mean rises to 1.10 of what it was. */
const heavy = { median: 0.8, sigma: 0.8 };

const storm = {
  durationS,
  arrivals: { kind: 'regimes', requestsPerSecond: { from: 20, to: 2_000 }, durationS: regimeS },
  mix: { kind: 'redrawn' },
} as const satisfies WorkloadInput;

const surge = {
  ...storm,
  arrivals: { ...storm.arrivals, requestsPerSecond: { from: 150, to: 700 } },
} as const satisfies WorkloadInput;

/** Eight times as fast as recorded: 44 and 21 requests per second, what eight H100 of the chat fleet have to work for. */
const traceSpeed = 8;

/** The workloads known by name, as files would say them. Rates suit the paper's fleets unless a comment says otherwise. */
export const bundledWorkloads = {
  stable: { durationS, arrivals: { kind: 'steady', requestsPerSecond: 200 } },
  storm,
  surge,
  'storm-heavy': { ...storm, outputFactor: heavy },
  'surge-heavy': { ...surge, outputFactor: heavy },
  /** Burstier than Poisson at one rate. */
  gamma: { durationS, arrivals: { kind: 'steady', requestsPerSecond: 200, gaps: { kind: 'gamma', cv: 3 } } },
  /** Calm, with bursts of some seconds that nobody announces: 300 requests per second on average. */
  markov: {
    durationS,
    arrivals: {
      kind: 'markov',
      states: [
        { requestsPerSecond: 150, meanDurationS: 20 },
        { requestsPerSecond: 900, meanDurationS: 5 },
      ],
    },
  },
  /** One wave of six times the load, at the same time for every seed. */
  spike: {
    durationS,
    arrivals: {
      kind: 'schedule',
      phases: [
        { durationS: 40, requestsPerSecond: 150 },
        { durationS: 20, requestsPerSecond: 900 },
        { durationS: 60, requestsPerSecond: 150 },
      ],
    },
  },
  /** One rate, and a task mix that is another every few seconds. */
  shift: {
    durationS,
    arrivals: { kind: 'steady', requestsPerSecond: 300 },
    mix: { kind: 'redrawn', everyS: regimeS },
  },
  'azure-conv': {
    durationS,
    arrivals: {
      kind: 'trace',
      file: 'data:azure_llm_2023/AzureLLMInferenceTrace_conv.csv',
      speed: traceSpeed,
    },
  },
  'azure-code': {
    durationS,
    arrivals: {
      kind: 'trace',
      file: 'data:azure_llm_2023/AzureLLMInferenceTrace_code.csv',
      speed: traceSpeed,
    },
  },
  /** The rates as recorded: 1,174 requests per second on average, short prompts, very short answers. */
  servegen: {
    durationS,
    arrivals: { kind: 'servegen', folder: 'data:servegen/m-small' },
    lengths: { kind: 'histograms', file: 'data:servegen/lengths_language_m-small.csv' },
  },
} as const satisfies Readonly<Record<string, WorkloadInput>>;

export type BundledName = keyof typeof bundledWorkloads;
/** Every workload known by name. */
export const bundledNames: readonly string[] = Object.keys(bundledWorkloads);

export function isBundled(name: string): name is BundledName {
  return Object.hasOwn(bundledWorkloads, name);
}
