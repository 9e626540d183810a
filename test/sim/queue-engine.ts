import type { StepCoefficients } from '../../policy/simulator/coefficients.ts';
import { Engine } from '../../policy/simulator/engine.ts';
import { Gpu } from '../../policy/simulator/gpu.ts';
import { GpuTimeline } from '../../policy/simulator/gpu-timeline.ts';
import { exponential, type Variate } from '../../policy/workloads/variates.ts';
import { seededRandom } from '../../src/platform/random.ts';

const free = {
  base: 0,
  perDecode: 0,
  perContextToken: 0,
  perChunk: 0,
  perPrefillToken: 0,
  perPrefillPair: 0,
};

/** A server whose steps all take `stepMs`, whatever there is to do in them. */
function constantSteps(stepMs: number): StepCoefficients {
  return {
    name: 'constant',
    linear: { weightsMs: stepMs, perToken: 0, norm: 1 },
    decodeOnly: free,
    prefillOnly: free,
    mixed: free,
    head: { base: 0, perEmitted: 0 },
    allReduce: { base: 0, perToken: 0 },
    overheadMs: 0,
    kvTokens: Number.POSITIVE_INFINITY,
  };
}

/** An engine that is a queue: a place in the batch is a server, and each request holds one for a step per token. */
export function queueEngine(places: number, stepMs: number): Engine {
  return new Engine({ coefficients: constantSteps(stepMs), maxNumSeqs: places });
}

export interface QueueRun {
  readonly places: number;
  readonly stepMs: number;
  readonly ratePerMs: number;
  /** Tokens of an answer: the steps of a service. */
  readonly tokens: Variate;
  readonly seed: number;
  readonly requests: number;
  /** The most requests in the engine; who finds it full is turned away. None by default. */
  readonly room?: number;
}

export interface QueueOutcome {
  /** From arrival to the beginning of the step that brings the first token, by order of arrival. */
  readonly waitsMs: readonly number[];
  readonly shed: number;
}

/** Poisson arrivals at an engine that is a queue, until all have been served. */
export function runQueue(run: QueueRun): QueueOutcome {
  const engine = queueEngine(run.places, run.stepMs);
  const timeline = new GpuTimeline(new Gpu([engine]));
  const random = seededRandom(run.seed);
  const arrivedMs: number[] = [];
  const waitsMs: number[] = [];
  const listener = {
    firstToken: (id: number, atMs: number) => {
      waitsMs[id] = atMs - run.stepMs - arrivedMs[id]!;
    },
    finished() {},
  };
  let atMs = 0;
  let shed = 0;
  while (arrivedMs.length + shed < run.requests) {
    atMs += exponential(random) / run.ratePerMs;
    const outputTokens = run.tokens(random);
    timeline.run(atMs, listener);
    if (engine.running + engine.waiting >= (run.room ?? Number.POSITIVE_INFINITY)) shed += 1;
    else engine.submit({ id: arrivedMs.push(atMs) - 1, promptTokens: 1, outputTokens });
  }
  timeline.run(Number.POSITIVE_INFINITY, listener);
  return { waitsMs, shed };
}

/** 1, 2, 3, … with the given mean: what an exponential time is, counted in steps. */
export function geometric(mean: number): Variate {
  const logOfStaying = Math.log(1 - 1 / mean);
  return (random) => 1 + Math.floor(Math.log(1 - random()) / logOfStaying);
}
