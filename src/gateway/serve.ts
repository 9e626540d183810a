import { BackendError } from '../backends/failure.ts';
import { limits } from '../limits.ts';
import type { Place } from '../pool/lease.ts';
import { toOutcome } from '../pool/outcome.ts';
import { mayTry } from '../routing/failure.ts';
import type { Action, RoutingRequest } from '../routing/observation.ts';
import type { RankedAction } from '../routing/rank.ts';
import { answerJson } from './answer-json.ts';
import { answerStream } from './answer-stream.ts';
import { ApiError } from './api-error.ts';
import { Attempt } from './attempt.ts';
import type { ChatRequest } from './chat-request.ts';
import type { RequestContext } from './context.ts';
import { type Decision, decideNow } from './decide.ts';
import { retryAfterSeconds, throttled, toApiError, toLogText } from './failures.ts';
import { HeldLease } from './held-lease.ts';
import { RequestLog } from './request-log.ts';
import { serverTiming } from './route-headers.ts';

/**
 * The request path: decide once, then try the ranked actions, each in a place the ledger granted, until one has
 * answered or none is left.
 * @throws ApiError when the request was shed, failed everywhere, or was found at fault by the model server
 */
export async function serve(
  context: RequestContext,
  request: ChatRequest,
  routing: RoutingRequest,
): Promise<Response> {
  const decision = await decideNow(context, routing);
  const log = new RequestLog(context, decision, request.stream === true);
  return await new Tries(context, request, decision, log).run();
}

/** The attempts at one request. */
class Tries {
  readonly #context: RequestContext;
  readonly #request: ChatRequest;
  readonly #decision: Decision;
  readonly #log: RequestLog;
  #left: readonly RankedAction[];
  #lastFailure: BackendError | undefined;

  constructor(context: RequestContext, request: ChatRequest, decision: Decision, log: RequestLog) {
    this.#context = context;
    this.#request = request;
    this.#decision = decision;
    this.#log = log;
    this.#left = decision.ranking;
  }

  async run(): Promise<Response> {
    for (let number = 0; number < limits.attempts && this.#left.length > 0; number++) {
      const place = await this.#acquire(number);
      if (place.kind === 'refused') {
        if (this.#lastFailure !== undefined) break;
        throw this.#end('shed', saturated(place.retryAfterMs));
      }
      const answer = await this.#try(place.action, place.lease);
      if (answer !== undefined) return answer;
    }
    if (this.#lastFailure === undefined) throw this.#end('shed', noneAvailable(this.#decision));
    throw this.#end('failed', toApiError(this.#lastFailure, this.#context.gateway.redact));
  }

  /** A place for the best action left that has one. Without a ledger the best action is tried unaccounted. */
  async #acquire(
    number: number,
  ): Promise<
    | { readonly kind: 'granted'; readonly action: RankedAction; readonly lease: HeldLease | undefined }
    | { readonly kind: 'refused'; readonly retryAfterMs: number }
  > {
    const { request, length } = this.#decision.observation;
    const leaseId = this.#context.gateway.edge.newLeaseId();
    let place: Place;
    try {
      place = await this.#context.pool.acquire({
        leaseId,
        ranking: this.#left.map(({ action }) => action.variant.id),
        task: request.task,
        class: request.class,
        promptTokens: request.promptTokens,
        expectedOutputTokens: length.tokens,
        lengthSlots: request.lengthSlots,
        streams: this.#request.stream === true,
        arrives: number === 0,
      });
    } catch (error) {
      console.error(`ledger: not reached, serving without a lease: ${String(error)}`);
      // Perhaps only its answer was lost, and nobody would take the place that it has given.
      new HeldLease(this.#context, leaseId).settle({ kind: 'aborted' });
      this.#log.reason = this.#reasonFor('ledger-unreachable');
      return { kind: 'granted', action: this.#left[0]!, lease: undefined };
    }
    if (place.kind === 'refused') return place;
    const { variant } = place;
    const granted = this.#left.find(({ action }) => action.variant.id === variant);
    if (granted === undefined) throw new Error(`the ledger granted ${variant}, which was not asked for`);
    this.#log.reason = this.#reasonFor(granted === this.#left[0] ? 'first-choice' : 'next-best');
    return { kind: 'granted', action: granted, lease: new HeldLease(this.#context, leaseId) };
  }

  /** The answer of one attempt, or undefined when it failed and the next may be tried. */
  async #try({ action }: RankedAction, lease: HeldLease | undefined): Promise<Response | undefined> {
    const attempt = new Attempt(this.#context, action, lease);
    this.#log.attempted(action);
    try {
      const answer = this.#request.stream === true ? answerStream : answerJson;
      return await answer(this.#context, attempt, this.#request, this.#log);
    } catch (error) {
      attempt.abort(error);
      this.#log.upstreamMs += attempt.elapsedMs;
      this.#afterFailure(action, lease, error);
      return undefined;
    }
  }

  /** Gives the place back and leaves only what may still be tried. Throws when nothing may. */
  #afterFailure(action: Action, lease: HeldLease | undefined, error: unknown): void {
    if (this.#context.clientSignal.aborted) {
      lease?.settle({ kind: 'aborted' });
      throw this.#end('aborted', clientGone());
    }
    if (!(error instanceof BackendError)) {
      lease?.settle({ kind: 'aborted' });
      this.#log.write('failed', 500);
      throw error;
    }
    const { failure } = error;
    const { redact } = this.#context.gateway;
    lease?.settle(toOutcome(failure));
    this.#log.failed(failure.kind);
    const where = `${action.variant.id} on ${action.endpoint.id}`;
    console.warn(`${this.#context.requestId}: ${where}: ${toLogText(error, redact)}`);
    this.#lastFailure = error;
    if (failure.kind === 'rejected') throw this.#end('rejected', toApiError(error, redact));
    this.#left = this.#left.filter((other) => mayTry(other.action, action, failure));
  }

  /**
   * `shadow-price:first-choice`: who ranked, and how this one came to be taken. With `;instead-of=learned;because=…`
   * where another one was to rank and could not, and `;artifact=bundled;because=…` where it ranked by another network than
   * the one that was published last.
   */
  #reasonFor(how: string): string {
    const { observation, decidedBy } = this.#decision;
    const who = observation.request.pinned === undefined ? decidedBy.scorer : 'pinned';
    const what = this.#lastFailure === undefined ? how : `after-${this.#lastFailure.failure.kind}`;
    const { insteadOf, artifact } = decidedBy;
    const instead =
      insteadOf === undefined ? '' : `;instead-of=${insteadOf.scorer};because=${insteadOf.because}`;
    const other =
      artifact?.because === undefined ? '' : `;artifact=${artifact.name};because=${artifact.because}`;
    return `${who}:${what}${instead}${other}`;
  }

  #end(outcome: 'shed' | 'failed' | 'rejected' | 'aborted', error: ApiError): ApiError {
    this.#log.reason = this.#reasonFor(outcome);
    this.#log.write(outcome, error.status);
    const last = this.#log.lastAttempt;
    return new ApiError(error.status, error.type, error.message, {
      code: error.code ?? undefined,
      param: error.param ?? undefined,
      headers: {
        ...error.headers,
        'x-route-reason': this.#log.reason,
        'server-timing': serverTiming(this.#context, this.#log),
        ...(last && { 'x-route-endpoint': last.endpoint, 'x-route-variant': last.variant }),
      },
    });
  }
}

/** Nobody reads it; it stands in the records, as it does of a stream, and ends the request. */
function clientGone(): ApiError {
  return new ApiError(499, 'invalid_request_error', 'the client went away', { code: 'client_closed' });
}

function saturated(retryAfterMs: number): ApiError {
  return new ApiError(429, 'rate_limit_error', 'every endpoint that may serve this request is full', {
    code: 'pool_saturated',
    headers: { 'retry-after': retryAfterSeconds(retryAfterMs) },
  });
}

/** Nobody may be tried: endpoints cool down, after throttling or after failures, or the scorer vetoes all others. */
function noneAvailable({ observation }: Decision): ApiError {
  const cooling = observation.actions.filter(({ masked }) => masked === 'cooling-down');
  if (cooling.length === 0)
    return new ApiError(503, 'api_error', 'the scorer allows no variant that may serve this request', {
      code: 'no_variant_allowed',
    });
  const waitMs = Math.min(...cooling.map(({ load }) => load.coolingMs));
  const headers = { 'retry-after': retryAfterSeconds(waitMs) };
  if (cooling.some(({ load }) => load.throttled)) return throttled(headers);
  const message = 'no endpoint that may serve this request is available';
  return new ApiError(503, 'api_error', message, { code: 'no_endpoint_available', headers });
}
