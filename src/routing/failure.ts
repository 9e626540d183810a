import type { Action } from './observation.ts';

/**
 * The one taxonomy of what can go wrong at a backend. Each backend maps its own errors to it; it decides what
 * the client is told, what may be tried next and what the ledger learns of the endpoint.
 */
export type BackendFailure =
  /** No room at the endpoint at this moment (429, ThrottlingException, Workers AI 3040): a capacity signal. */
  | { readonly kind: 'throttled'; readonly retryAfterMs?: number | undefined }
  /** Nobody there, or not for now: refused, reset, 502–504, ServiceUnavailable, InternalDependencyException. */
  | { readonly kind: 'unavailable' }
  /** The model server failed on this request (500, ModelError). */
  | { readonly kind: 'failed'; readonly status: number }
  /** The endpoint found the request at fault (400, ValidationError); `message` is for the client. */
  | {
      readonly kind: 'rejected';
      readonly status: number;
      readonly param: string | null;
      readonly code: string | null;
    }
  /** The prompt and the asked output do not fit this variant's context. */
  | { readonly kind: 'context-exceeded' }
  /** Our own credentials or address are wrong (401, 403, 404): a fault of the configuration, never the client's. */
  | { readonly kind: 'misconfigured'; readonly status: number }
  /** Bytes that are not what the protocol says. */
  | { readonly kind: 'malformed' }
  /** The stream ended, or a frame broke, before the answer was complete. */
  | { readonly kind: 'truncated' }
  /** An answer without content. */
  | { readonly kind: 'empty' }
  /** No first token, or no further token, within the gateway's bound. */
  | { readonly kind: 'timeout' };

export type FailureKind = BackendFailure['kind'];

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
