import type { Catalogue, Slo } from '../../src/routing/catalogue.ts';
import { wholeAnswerMs } from '../../src/routing/slo.ts';
import { answerTokens, streams } from '../arena/journey.ts';
import type { WorkloadRequest } from '../workloads/request.ts';
import type { CapacityGroup } from './capacity-groups.ts';

/** One way to serve a request: on a model of a group. */
export interface Option {
  readonly group: number;
  readonly quality: number;
  /** GPU time, relative to the slots' length in ms. */
  readonly workMs: number;
}

/** A request with everything that hindsight knows of it. */
export interface KnownRequest {
  readonly task: string;
  readonly arrivalMs: number;
  /** When it must have ended to be on time. Infinity without a bound that tells. */
  readonly deadlineMs: number;
  readonly options: readonly Option[];
}

/** What is known of each request. Options that cannot be on time are left out. */
export function knownRequests(
  catalogue: Catalogue,
  groups: readonly CapacityGroup[],
  requests: Iterable<WorkloadRequest>,
): KnownRequest[] {
  return Array.from(requests, (request) => {
    const task = catalogue.tasks[request.task];
    if (task === undefined) throw new Error(`workload: no task "${request.task}" in ${catalogue.pool}`);
    const slo = keptBy(request, task.slo);
    return {
      task: request.task,
      arrivalMs: request.arrivalMs,
      deadlineMs: request.arrivalMs + longestMs(slo, request.outputTokens),
      options: groups.flatMap(({ engines }, group) =>
        engines.flatMap(({ variant, work }) => {
          const outputTokens = answerTokens(variant, request);
          const workMs = work.requestMs({ ...request, outputTokens }, slo);
          const quality = variant.quality[request.task] ?? 0;
          return workMs === Number.POSITIVE_INFINITY || quality < task.minQuality
            ? []
            : [{ group, quality, workMs }];
        }),
      ),
    };
  });
}

/** What an answer has to keep to be on time: one that comes as a whole shows its end alone. */
function keptBy(request: WorkloadRequest, slo: Slo): Slo {
  return streams(request) ? slo : { e2eMs: wholeAnswerMs(slo, request.outputTokens) };
}

/** The longest a request can take and be on time. */
function longestMs({ ttftMs, tpotMs, e2eMs }: Slo, outputTokens: number): number {
  const pacedMs =
    ttftMs === undefined || (tpotMs === undefined && outputTokens > 1)
      ? Number.POSITIVE_INFINITY
      : ttftMs + (tpotMs ?? 0) * (outputTokens - 1);
  return Math.min(pacedMs, e2eMs ?? Number.POSITIVE_INFINITY);
}
