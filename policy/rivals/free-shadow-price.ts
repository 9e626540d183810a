import type { Slo } from '../../src/routing/catalogue.ts';
import type { Action } from '../../src/routing/observation.ts';
import type { SyncScorer } from '../../src/routing/scorer.ts';

export interface FreePrice {
  readonly alpha: number;
  readonly beta: number;
  /** Requests in flight per replica, of whichever model, that count as a full load for this variant. */
  readonly places: number;
}

/**
 * Production's shadow price with a number of places of its own for each variant, where production's counts those of
 * the endpoint. On a shared GPU a large model suffers from company that a small one hardly feels, and the predicted
 * times tell little of it: they are learned from whatever company there was. A variant without a price is never chosen.
 */
export function freeShadowPrice(prices: ReadonlyMap<string, FreePrice>): SyncScorer {
  return {
    name: 'shadow-price-free',
    score: ({ actions, request }) =>
      actions.map((action) => {
        const price = prices.get(action.variant.id);
        if (price === undefined) return request.pinned === undefined ? -Infinity : 0;
        const load = tightestLoad(action, price.places, request.slo);
        return (
          action.quality * action.predicted.onTime - price.alpha * load ** price.beta * action.relativeCost
        );
      }),
  };
}

function tightestLoad({ load, endpoint, predicted }: Action, places: number, slo: Slo): number {
  return Math.max(
    load.inFlight / endpoint.replicas / places,
    slo.ttftMs === undefined ? 0 : predicted.ttftMs / slo.ttftMs,
    slo.tpotMs === undefined ? 0 : predicted.tpotMs / slo.tpotMs,
    slo.e2eMs === undefined ? 0 : predicted.e2eMs / slo.e2eMs,
  );
}
