import type { BackendError, BackendFailure } from '../backends/failure.ts';
import type { Settlement } from '../pool/lease.ts';
import type { Action } from '../routing/observation.ts';
import { ApiError } from './api-error.ts';

/** What a failure is to the client, when no other variant could take over. */
export function toApiError({ failure, message }: BackendError): ApiError {
  switch (failure.kind) {
    case 'rejected':
      return new ApiError(clientStatus(failure.status), 'invalid_request_error', message, {
        param: failure.param ?? undefined,
        code: failure.code ?? undefined,
      });
    case 'context-exceeded':
      return new ApiError(400, 'invalid_request_error', message, {
        param: 'messages',
        code: 'context_length_exceeded',
      });
    case 'throttled':
      return new ApiError(
        429,
        'rate_limit_error',
        'every endpoint that may serve this request is at its limit',
        {
          code: 'endpoint_throttled',
          headers: { 'retry-after': retryAfterSeconds(failure.retryAfterMs ?? 1000) },
        },
      );
    case 'unavailable':
      return upstreamError(503, failure, 'the endpoint cannot be reached');
    case 'timeout':
      return upstreamError(504, failure, 'the endpoint did not answer in time');
    case 'misconfigured':
      return upstreamError(502, failure, "the endpoint refused the gateway's credentials or address");
    case 'failed':
      return upstreamError(502, failure, 'the model server failed');
    case 'malformed':
    case 'truncated':
    case 'empty':
      return upstreamError(502, failure, `the endpoint's answer was ${failure.kind}`);
  }
}

/** What a failure says about its endpoint. */
export function toOutcome(failure: BackendFailure): Settlement['outcome'] {
  switch (failure.kind) {
    case 'throttled':
      return { kind: 'throttled', retryAfterMs: failure.retryAfterMs };
    case 'misconfigured':
      return { kind: 'misconfigured' };
    case 'rejected':
    case 'context-exceeded':
      return { kind: 'aborted' };
    case 'unavailable':
    case 'timeout':
    case 'failed':
    case 'malformed':
    case 'truncated':
    case 'empty':
      return { kind: 'failed' };
  }
}

/** Whether a further attempt at `next` makes sense after `failed` ended with this failure. */
export function mayTry(next: Action, failed: Action, failure: BackendFailure): boolean {
  switch (failure.kind) {
    case 'rejected':
      return false;
    case 'context-exceeded':
      return next.variant.contextTokens > failed.variant.contextTokens;
    case 'failed':
    case 'malformed':
    case 'truncated':
    case 'empty':
      return next.variant.id !== failed.variant.id;
    case 'throttled':
    case 'unavailable':
    case 'timeout':
    case 'misconfigured':
      return next.endpoint.id !== failed.endpoint.id;
  }
}

/** `Retry-After` has whole seconds; rounded up, so that nobody comes too early. */
export function retryAfterSeconds(waitMs: number): string {
  return String(Math.max(Math.ceil(waitMs / 1000), 1));
}

function upstreamError(status: 502 | 503 | 504, failure: BackendFailure, message: string): ApiError {
  const headers = status === 503 ? { 'retry-after': '1' } : undefined;
  return new ApiError(status, 'api_error', message, { code: `endpoint_${failure.kind}`, headers });
}

/** A model server's own 4xx, as long as it is one. */
function clientStatus(status: number): 400 | 404 | 413 | 422 {
  return status === 404 || status === 413 || status === 422 ? status : 400;
}
