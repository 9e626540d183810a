import type { ServedTimes } from '../../../policy/simulate/serve.ts';
import { Engine, type EngineOptions } from '../../../policy/simulator/engine.ts';
import type { RecordedRequest } from '../../../policy/workloads/request.ts';

/**
 * What `serveAll` does, without its jumps: every step of the engine is taken. It shows how much of the speed is owed to
 * the closed form, and how much to the engine itself.
 */
export function serveStepByStep(options: EngineOptions, requests: readonly RecordedRequest[]): ServedTimes {
  const engine = new Engine(options);
  const firstTokenMs = new Float64Array(requests.length);
  const finishedMs = new Float64Array(requests.length);
  let nowMs = 0;
  const listener = {
    token: (id: number, ordinal: number, last: boolean) => {
      if (ordinal === 1) firstTokenMs[id] = nowMs;
      if (last) finishedMs[id] = nowMs;
    },
  };
  let next = 0;
  const arrive = (untilMs: number) => {
    for (; next < requests.length && requests[next]!.arrivalMs <= untilMs; next += 1)
      engine.submit({ ...requests[next]!, id: next });
  };
  for (;;) {
    arrive(nowMs);
    const durationMs = engine.beginStep();
    if (durationMs === undefined && next === requests.length)
      return { firstTokenMs, finishedMs, preemptions: engine.preemptions };
    nowMs = durationMs === undefined ? requests[next]!.arrivalMs : nowMs + durationMs;
    if (durationMs !== undefined) engine.endStepInto(listener);
  }
}
