import type { ScorerConfig, Slo } from '../catalogue.ts';
import type { Action } from '../observation.ts';
import type { SyncScorer } from '../scorer.ts';

type ShadowPriceConfig = Extract<ScorerConfig, { kind: 'shadow-price' }>;

/**
 * Expected value of serving the request here, less what the place it takes is worth to the requests that follow:
 * `quality · P(on time) − α · load^β · cost`. The load is that of the tightest of the endpoint's budgets, so that
 * one pair of α and β serves endpoints that run out of places and endpoints that run out of time.
 */
export function shadowPrice(config: ShadowPriceConfig): SyncScorer {
  return {
    name: 'shadow-price',
    score: ({ actions, request }) =>
      actions.map((action) => {
        const { alpha, beta } = config.perVariant[action.variant.id] ?? config;
        const price = alpha * tightestLoad(action, request.slo) ** beta;
        return action.quality * action.predicted.onTime - price * action.relativeCost;
      }),
  };
}

/** The largest share of a budget in use: places, or any bound of the SLO at the predicted times. */
function tightestLoad({ occupancy, predicted }: Action, slo: Slo): number {
  return Math.max(
    occupancy,
    slo.ttftMs === undefined ? 0 : predicted.ttftMs / slo.ttftMs,
    slo.tpotMs === undefined ? 0 : predicted.tpotMs / slo.tpotMs,
    slo.e2eMs === undefined ? 0 : predicted.e2eMs / slo.e2eMs,
  );
}
