import { capacityOf } from '../capacity.ts';
import type { ScorerConfig } from '../catalogue.ts';
import { harmsOf } from '../harm.ts';
import type { Action, Observation } from '../observation.ts';
import type { SyncScorer } from '../scorer.ts';
import { tightestShare } from '../service.ts';

type ShadowPriceConfig = Extract<ScorerConfig, { kind: 'shadow-price' }>;
type Price = Pick<ShadowPriceConfig, 'alpha' | 'beta'> & { readonly places?: number | undefined };

/**
 * Expected value of serving the request here, less what its place is worth to those who come later and what those in
 * flight lose by it: `quality · P(on time) − w · (α · load^β · cost + γ · harm)`, where w is the price its class pays.
 * The load is that of the tightest budget, so that one pair of α and β serves endpoints that run out of places and
 * endpoints that run out of time.
 */
export function shadowPrice(config: ShadowPriceConfig): SyncScorer {
  return {
    name: 'shadow-price',
    score: (observation) => {
      const weight = config.pricePerClass[observation.request.class];
      const harms = config.harm === 0 ? undefined : harmsOf(observation);
      return observation.actions.map((action, index) => {
        const { alpha, beta, places }: Price = config.perVariant[action.variant.id] ?? config;
        const priceOfPlace = alpha * tightestLoad(action, observation, places) ** beta;
        const harm = config.harm * (harms?.[index] ?? 0);
        return (
          action.quality * action.predicted.onTime - weight * (priceOfPlace * action.relativeCost + harm)
        );
      });
    },
  };
}

/** The largest share of a budget in use: of places within the SLO, or of any bound of it at the predicted times. */
function tightestLoad(
  action: Action,
  observation: Observation,
  places = capacityOf(action, observation).places,
): number {
  const { load, endpoint, predicted } = action;
  const fill = load.inFlight / (endpoint.replicas * places);
  return Math.max(fill, tightestShare(predicted, observation.request.slo));
}
