import type { BackendFailure } from '../routing/failure.ts';
import type { Settlement } from './lease.ts';

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
