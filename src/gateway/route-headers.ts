import type { Action } from '../routing/observation.ts';
import type { RequestContext } from './context.ts';
import type { RequestLog } from './request-log.ts';

/** What an answer says about how it came to be. */
export function routeHeaders(
  context: RequestContext,
  action: Action,
  log: RequestLog,
): Record<string, string> {
  return {
    ...context.commonHeaders,
    'x-request-id': context.requestId,
    'x-route-endpoint': action.endpoint.id,
    'x-route-variant': action.variant.id,
    'x-route-reason': log.reason,
    'server-timing': serverTiming(context, log),
  };
}

/**
 * `gateway` is the gateway's own share of the time to the first byte: everything but the wait for endpoints, also for
 * those that failed.
 */
export function serverTiming(context: RequestContext, { upstreamMs }: RequestLog): string {
  const gatewayMs = context.gateway.clock() - context.receivedAtMs - upstreamMs;
  return `gateway;dur=${Math.max(gatewayMs, 0).toFixed(2)}, upstream;dur=${upstreamMs.toFixed(2)}`;
}
