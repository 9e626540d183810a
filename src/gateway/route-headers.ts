import type { Action } from '../routing/observation.ts';
import type { RequestContext } from './context.ts';

/**
 * What an answer says about how it came to be. `gateway` in `Server-Timing` is the gateway's own share of the time
 * to the first byte: everything but the wait for the endpoint.
 */
export function routeHeaders(
  context: RequestContext,
  action: Action,
  reason: string,
  upstreamMs: number,
): Record<string, string> {
  const totalMs = context.gateway.clock() - context.receivedAtMs;
  return {
    'x-request-id': context.requestId,
    'x-route-endpoint': action.endpoint.id,
    'x-route-variant': action.variant.id,
    'x-route-reason': reason,
    'server-timing': `gateway;dur=${Math.max(totalMs - upstreamMs, 0).toFixed(2)}, upstream;dur=${upstreamMs.toFixed(2)}`,
  };
}
