import { capacityOf } from '../capacity.ts';
import type { ScorerConfig, Slo } from '../catalogue.ts';
import { harmsOf } from '../harm.ts';
import type { Action } from '../observation.ts';
import type { SyncScorer } from '../scorer.ts';
import { tightestShare } from '../service.ts';

type ShadowPriceConfig = Extract<ScorerConfig, { kind: 'shadow-price' }>;
type Price = Pick<ShadowPriceConfig, 'alpha' | 'beta'> & { readonly places?: number | undefined };

/**
 * Expected value of serving the request here, less what the place it takes is worth to the requests that follow and what
 * those in flight lose by it: `quality · P(on time) − w · (α · load^β · cost + γ · harm)`, where w is the price its class
 * pays. The load is that of the tightest of the endpoint's budgets, so that
 * one pair of α and β serves endpoints that run out of places and endpoints that run out of time. Variants may count
 * places of their own: on shared GPUs a large model suffers from company that a small one hardly feels, and the
 * predicted times tell little of it, since they are learned from whatever company there was.
 */
export function shadowPrice(config: ShadowPriceConfig): SyncScorer {
  return {
    name: 'shadow-price',
    score: (observation) => {
      const { actions, request } = observation;
      const weight = config.pricePerClass[request.class];
      const harms = config.harm === 0 ? undefined : harmsOf(observation);
      return actions.map((action, index) => {
        const price: Price = config.perVariant[action.variant.id] ?? config;
        const load = tightestLoad(
          action,
          request.slo,
          price.places ?? capacityOf(action, observation).places,
        );
        const priceOfPlace = price.alpha * load ** price.beta;
        const harm = config.harm * (harms?.[index] ?? 0);
        return (
          action.quality * action.predicted.onTime - weight * (priceOfPlace * action.relativeCost + harm)
        );
      });
    },
  };
}

/** The largest share of a budget in use: places, or any bound of the SLO at the predicted times. */
function tightestLoad(
  { load, endpoint, predicted }: Action,
  slo: Slo,
  places = endpoint.maxInFlightPerReplica,
): number {
  return Math.max(load.inFlight / (endpoint.replicas * places), tightestShare(predicted, slo));
}
