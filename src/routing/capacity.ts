import type { Slo } from './catalogue.ts';
import { alone } from './company.ts';
import type { Action, Observation } from './observation.ts';
import { paceAlone, pacePerOther, readMsPerToken, ttftIn } from './service.ts';

/** What a variant's endpoint could carry if it served nothing else, by what its traffic has shown of it. */
export interface Capacity {
  /** Requests one replica can hold at once with the SLO just kept. */
  readonly places: number;
  /** Requests per second of the pool's mean size, all replicas together. */
  readonly perSecond: number;
}

/** A variant that cannot keep the SLO even alone still has a share of a place, so that loads stay finite. */
const FEWEST_PLACES = 0.25;

/** The capacity of an action's variant for requests of the pool's mean size under this request's SLO. */
export function capacityOf(
  { service, endpoint, variant }: Action,
  { request, meanPromptTokens, meanOutputTokens }: Observation,
): Capacity {
  const { maxOutputTokens = Number.POSITIVE_INFINITY } = variant.parameters;
  const outputTokens = Math.max(Math.min(meanOutputTokens, maxOutputTokens), 1);
  const ttftMs = ttftIn(alone, service, meanPromptTokens);
  // Each of the others is followed by another, whose prompt is read while this one decodes.
  const perOtherMs = pacePerOther(service) + (readMsPerToken(service) * meanPromptTokens) / outputTokens;
  const others = (paceWithin(request.slo, ttftMs, outputTokens) - paceAlone(service)) / perOtherMs;
  const places = Math.min(Math.max(others + 1, FEWEST_PLACES), endpoint.maxInFlightPerReplica);
  const heldMs = ttftMs + outputTokens * (paceAlone(service) + perOtherMs * Math.max(places - 1, 0));
  return { places, perSecond: (1_000 * places * endpoint.replicas) / heldMs };
}

/** The slowest pace, in ms per token, at which an answer of the length keeps its SLO. */
function paceWithin({ tpotMs, e2eMs }: Slo, ttftMs: number, outputTokens: number): number {
  const byEnd = e2eMs === undefined ? Number.POSITIVE_INFINITY : (e2eMs - ttftMs) / outputTokens;
  return Math.min(tpotMs ?? Number.POSITIVE_INFINITY, byEnd);
}
