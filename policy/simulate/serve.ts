import { Engine, type EngineOptions } from '../simulator/engine.ts';
import { Gpu } from '../simulator/gpu.ts';
import { GpuTimeline } from '../simulator/gpu-timeline.ts';
import type { RecordedRequest } from '../workloads/request.ts';

/** When requests were served, each at its index, in ms on the clock of their arrivals. */
export interface ServedTimes {
  readonly firstTokenMs: Float64Array;
  readonly finishedMs: Float64Array;
  /** How often a request lost its place because the KV cache was full. */
  readonly preemptions: number;
}

/** Told how many requests have been submitted so far, now and then. */
export type ServeProgress = (submitted: number) => void;

const requestsBetweenReports = 4096;

/**
 * Serves requests, which are in order of arrival, on one engine alone, until all have ended. Those that arrive at one
 * moment are queued in their order.
 */
export function serveAll(
  options: EngineOptions,
  requests: readonly RecordedRequest[],
  progress: ServeProgress = () => {},
): ServedTimes {
  const engine = new Engine(options);
  const timeline = new GpuTimeline(new Gpu([engine]));
  const firstTokenMs = new Float64Array(requests.length);
  const finishedMs = new Float64Array(requests.length);
  const listener = {
    firstToken: (id: number, atMs: number) => {
      firstTokenMs[id] = atMs;
    },
    finished: (id: number, atMs: number) => {
      finishedMs[id] = atMs;
    },
  };
  requests.forEach(({ arrivalMs, promptTokens, outputTokens }, id) => {
    timeline.run(arrivalMs, listener);
    engine.submit({ id, promptTokens, outputTokens });
    if (id % requestsBetweenReports === requestsBetweenReports - 1) progress(id + 1);
  });
  timeline.run(Number.POSITIVE_INFINITY, listener);
  return { firstTokenMs, finishedMs, preemptions: engine.preemptions };
}
