import type { PoolEdge } from '../../src/pool/pool-client.ts';
import type { Task, Variant } from '../../src/routing/catalogue.ts';
import { lengthSlots } from '../../src/routing/lengths/features.ts';
import type { Action, RoutingRequest } from '../../src/routing/observation.ts';
import type { RankedAction } from '../../src/routing/rank.ts';
import type { WorkloadRequest } from '../workloads/request.ts';

/** One request on its way. */
export interface Journey {
  readonly id: number;
  readonly request: WorkloadRequest;
  readonly routing: RoutingRequest;
  readonly edge: PoolEdge;
  attempts: number;
  /** What may still be tried, best first. */
  left: readonly RankedAction[];
  expectedOutputTokens: number;
  /** The try under way. */
  attempt: Attempt | undefined;
  over: boolean;
}

/** One try at one variant, in a place the ledger granted. */
export interface Attempt {
  /** Unique over all attempts of a simulation. */
  readonly id: number;
  readonly leaseId: string;
  readonly journey: Journey;
  readonly action: Action;
  readonly outputTokens: number;
  readonly dispatchedAtMs: number;
  /** At the edge, as are all its times; NaN before, and for an answer that comes as a whole. */
  firstTokenAtMs: number;
  /** When the last message so far arrives from the endpoint; on one connection none overtakes another. */
  heardUntilMs: number;
  over: boolean;
}

/** @param learnsLengths whether the ledger is told what the request's length may be learned from */
export function journeyOf(
  id: number,
  request: WorkloadRequest,
  task: Task,
  edge: PoolEdge,
  learnsLengths: boolean,
): Journey {
  const routing = routingRequest(request, task, learnsLengths);
  return {
    id,
    request,
    routing,
    edge,
    attempts: 0,
    left: [],
    expectedOutputTokens: 0,
    attempt: undefined,
    over: false,
  };
}

/** Whether its answer comes token by token. */
export function streams({ stream = true }: WorkloadRequest): boolean {
  return stream;
}

/** How long a variant's answer to a request is: some are told to stop early, and all end where the context does. */
export function answerTokens(
  { parameters, contextTokens }: Pick<Variant, 'parameters' | 'contextTokens'>,
  { promptTokens, outputTokens }: Pick<WorkloadRequest, 'promptTokens' | 'outputTokens'>,
): number {
  const room = Math.max(contextTokens - promptTokens, 1);
  return Math.min(outputTokens, room, parameters.maxOutputTokens ?? Number.POSITIVE_INFINITY);
}

/** Whether it has had no sign of life yet. */
export function isSilent({ over, firstTokenAtMs }: Attempt): boolean {
  return !over && Number.isNaN(firstTokenAtMs);
}

const noNeeds: RoutingRequest['needs'] = new Set();

function routingRequest(request: WorkloadRequest, task: Task, learnsLengths: boolean): RoutingRequest {
  const requestClass = request.class ?? task.class;
  const { promptTokens, predictedOutputTokens } = request;
  return {
    task: request.task,
    class: requestClass,
    slo: task.slo,
    minQuality: task.minQuality,
    minTier: 0,
    promptTokens,
    predictedOutputTokens,
    lengthSlots:
      learnsLengths && predictedOutputTokens === undefined
        ? lengthSlots(request.task, { promptTokens, class: requestClass })
        : undefined,
    needs: noNeeds,
  };
}
