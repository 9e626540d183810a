import type { Variant } from './catalogue.ts';
import type { RoutingRequest } from './observation.ts';
import type { EndpointLoad } from './snapshot.ts';

/** Why an action may not be chosen for a request. A full endpoint is no reason: only the ledger knows that in time. */
export type MaskReason =
  | 'not-allowed'
  | 'not-pinned'
  | 'lacks-ability'
  | 'below-quality-floor'
  | 'context-too-short'
  | 'cooling-down';

/** The first reason that holds, the ones that lie with the request before those that pass with time. */
export function maskReason(
  request: RoutingRequest,
  variant: Variant,
  load: EndpointLoad,
): MaskReason | undefined {
  if (request.allowed !== undefined && !request.allowed.has(variant.id)) return 'not-allowed';
  if (request.pinned !== undefined && !request.pinned.has(variant.id)) return 'not-pinned';
  for (const ability of request.needs) if (!variant.can.includes(ability)) return 'lacks-ability';
  const quality = variant.quality[request.task] ?? 0;
  if (quality < request.minQuality || variant.tier < request.minTier) return 'below-quality-floor';
  if (!fits(request, variant)) return 'context-too-short';
  if (load.coolingMs > 0) return 'cooling-down';
  return undefined;
}

/**
 * Whether the prompt, as counted for this, and the output asked for (one token at least) fit the variant's context. A
 * variant's own cap on its output makes nothing fit: otherwise a generous bound would leave only the variants that say
 * least.
 */
export function fits(request: RoutingRequest, variant: Variant): boolean {
  const { promptTokensToFit = request.promptTokens, maxOutputTokens = 1 } = request;
  return promptTokensToFit + maxOutputTokens <= variant.contextTokens;
}
