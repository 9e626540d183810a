import type { Action, RoutingRequest } from '../routing/observation.ts';
import type { RequestContext } from './context.ts';
import { decideNow } from './decide.ts';

/**
 * The decision a request would get now, and why, without running it: ranked actions best first, then the ones that
 * may not be chosen, of those the caller may use at all. Nothing is counted in the ledger.
 */
export async function explain(context: RequestContext, routing: RoutingRequest): Promise<object> {
  const { observation, decidedBy, ranking, scores } = await decideNow(context, routing);
  const ranked = new Set(ranking.map(({ action }) => action));
  const left = observation.actions.map((action, index) => ({ action, score: scores[index]! }));
  return {
    object: 'route',
    ...decidedBy,
    request: {
      task: routing.task,
      class: routing.class,
      slo: routing.slo,
      minQuality: routing.minQuality,
      promptTokens: routing.promptTokens,
      expectedOutputTokens: Math.round(observation.length.tokens),
      outputTokenQuantiles: observation.length.quantiles,
      lengthCalibration: observation.length.calibration,
    },
    arrivals: observation.arrivals,
    snapshotAgeMs: observation.snapshotAgeMs,
    ranking: [
      ...ranking.map(({ action, score }) => describeAction(action, score)),
      ...left
        .filter(({ action }) => !ranked.has(action) && action.masked !== 'not-allowed')
        .map(({ action, score }) => describeAction(action, score)),
    ],
  };
}

function describeAction(action: Action, score: number): object {
  return {
    variant: action.variant.id,
    endpoint: action.endpoint.id,
    model: action.variant.model,
    quality: action.quality,
    // A veto is -Infinity, which JSON has no word for.
    score: Number.isFinite(score) ? score : null,
    predicted: action.predicted,
    load: action.load,
    ...(action.masked === undefined ? {} : { masked: action.masked }),
  };
}
