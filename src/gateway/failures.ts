import type { BackendError } from '../backends/failure.ts';
import { show } from '../platform/describe.ts';
import type { BackendFailure } from '../routing/failure.ts';
import { ApiError } from './api-error.ts';

type Redact = (text: string) => string;

/**
 * What a failure is to the client, when no other variant could take over.
 * @param redact takes secrets out of the endpoint's words: it may quote the credentials it was sent
 */
export function toApiError({ failure, message }: BackendError, redact: Redact): ApiError {
  switch (failure.kind) {
    case 'rejected':
      return new ApiError(clientStatus(failure.status), 'invalid_request_error', redact(message), {
        param: redact(failure.param ?? '') || undefined,
        code: redact(failure.code ?? '') || undefined,
      });
    case 'context-exceeded':
      return new ApiError(400, 'invalid_request_error', redact(message), {
        param: 'messages',
        code: 'context_length_exceeded',
      });
    case 'throttled':
      return throttled({ 'retry-after': retryAfterSeconds(failure.retryAfterMs ?? 1000) });
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

/** A failure for the log. What an endpoint says of a request at fault may quote its prompt, so its words are left out. */
export function toLogText({ failure, message }: BackendError, redact: Redact): string {
  switch (failure.kind) {
    case 'rejected': {
      const [code, param] = [failure.code, failure.param].map((word) => show(word && redact(word)));
      return `rejected: status ${failure.status}, code ${code}, param ${param}`;
    }
    case 'context-exceeded':
      return failure.kind;
    default:
      return `${failure.kind}: ${show(redact(message))}`;
  }
}

export function throttled(headers: Readonly<Record<string, string>>): ApiError {
  const message = 'every endpoint that may serve this request is at its limit';
  return new ApiError(429, 'rate_limit_error', message, { code: 'endpoint_throttled', headers });
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
