import type { RequestClass } from '../../src/routing/catalogue.ts';

/** What was measured when a recorded request was really served. */
export interface MeasuredTimes {
  readonly ttftMs?: number;
  readonly e2eMs?: number;
}

/** One request as a trace holds it: when and how long, without what it was for. */
export interface RecordedRequest {
  /** Milliseconds since the workload's first instant. */
  readonly arrivalMs: number;
  readonly promptTokens: number;
  /** What the model will say; a router does not know it. */
  readonly outputTokens: number;
  readonly measured?: MeasuredTimes;
}

/** One request of a workload. A workload is any iterable of them, in order of arrival. */
export interface WorkloadRequest extends RecordedRequest {
  readonly task: string;
  /** Absent: the class the catalogue gives the task. */
  readonly class?: RequestClass;
  /** What a length predictor at the edge says before the request is routed. Absent: there is none. */
  readonly predictedOutputTokens?: number;
  /** Whether the answer comes as a stream. Absent: it does. */
  readonly stream?: boolean;
  /** The client hangs up so long after its arrival, whatever it has by then. Absent: it waits. */
  readonly leavesAfterMs?: number;
}
