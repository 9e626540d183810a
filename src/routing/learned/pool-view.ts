import { type Capacity, capacityOf } from '../capacity.ts';
import type { Endpoint } from '../catalogue.ts';
import { harmsOf } from '../harm.ts';
import { layoutOf } from '../layout.ts';
import type { Action, Observation } from '../observation.ts';
import { paceAlone, tightestShare } from '../service.ts';

/** One action beside the others: what the features of it are read from. */
export interface ActionView {
  readonly action: Action;
  readonly capacity: Capacity;
  /** The endpoint's requests in flight to its places within the SLO; more than 1 is possible. */
  readonly fill: number;
  /** The variant's own requests in flight to the same places. */
  readonly ownFill: number;
  /** The tightest bound of the SLO at the predicted times, as a share of it. */
  readonly pace: number;
  /** Requests per second that better variants could carry, and the same together with its equals. */
  readonly rung: Rung;
  /** Variants on the same endpoint, itself included. */
  readonly sharing: number;
  /** Mean pace, alone, of what is in flight on the endpoint, to the variant's own. */
  readonly companyPace: number;
  /** See `harmsOf`. */
  readonly harm: number;
  /** See `Layout`. */
  readonly side: number;
}

interface Rung {
  readonly betterPerSecond: number;
  readonly asGoodPerSecond: number;
}

/** All actions, and what they have in common. */
export interface PoolView {
  readonly observation: Observation;
  readonly actions: readonly ActionView[];
  /** Best quality that may be chosen. */
  readonly peakQuality: number;
  /** Best quality less the least. */
  readonly qualitySpread: number;
  readonly meanFill: number;
}

export function viewPool(observation: Observation): PoolView {
  const { actions, request, catalogue } = observation;
  const { onEndpoint, side } = layoutOf(catalogue);
  const capacities = actions.map((action) => capacityOf(action, observation));
  const harms = harmsOf(observation);
  const rungs = climb(observation, capacities);
  let fills = 0;
  const views = actions.map((action, index): ActionView => {
    const { load, endpoint, variant } = action;
    const capacity = capacities[index]!;
    const places = capacity.places * endpoint.replicas;
    const fill = load.inFlight / places;
    fills += fill;
    return {
      action,
      capacity,
      fill,
      ownFill: (load.inFlightByVariant[variant.id] ?? 0) / places,
      pace: tightestShare(action.predicted, request.slo),
      rung: rungs[index]!,
      sharing: onEndpoint[index]!.length,
      companyPace: companyPaceOf(action, onEndpoint[index]!, actions),
      harm: harms[index]!,
      side: side[index]!,
    };
  });
  const [peakQuality, leastQuality] = qualityRange(actions);
  const qualitySpread = peakQuality - leastQuality;
  return { observation, actions: views, peakQuality, qualitySpread, meanFill: fills / views.length };
}

/**
 * Goes over the variants that may be chosen from the best down. An endpoint counts once, with the most it can carry by
 * any of the variants passed.
 */
function climb({ actions, catalogue, request }: Observation, capacities: readonly Capacity[]): Rung[] {
  const ladder = layoutOf(catalogue).ladders.get(request.task) ?? [];
  const carried = new Map<Endpoint, number>();
  const rungs = new Array<Rung>(actions.length);
  let total = 0;
  for (let from = 0, to = 0; from < ladder.length; from = to) {
    const { quality } = actions[ladder[from]!]!;
    const betterPerSecond = total;
    for (; to < ladder.length && actions[ladder[to]!]!.quality === quality; to += 1) {
      const { endpoint, masked } = actions[ladder[to]!]!;
      if (masked !== undefined) continue;
      const before = carried.get(endpoint) ?? 0;
      const after = Math.max(before, capacities[ladder[to]!]!.perSecond);
      carried.set(endpoint, after);
      total += after - before;
    }
    const rung = { betterPerSecond, asGoodPerSecond: total };
    for (let passed = from; passed < to; passed += 1) rungs[ladder[passed]!] = rung;
  }
  return rungs;
}

function companyPaceOf(
  { load, service }: Action,
  onEndpoint: readonly number[],
  actions: readonly Action[],
): number {
  if (onEndpoint.length === 1 || load.inFlight === 0) return 1;
  let paces = 0;
  for (const index of onEndpoint) {
    const { variant, service: other } = actions[index]!;
    paces += (load.inFlightByVariant[variant.id] ?? 0) * paceAlone(other);
  }
  return paces / (load.inFlight * paceAlone(service));
}

/** Best and least quality of what may be chosen; nothing may: 0 and 0. */
function qualityRange(actions: readonly Action[]): readonly [number, number] {
  let peak = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const { quality, masked } of actions) {
    if (masked !== undefined) continue;
    peak = Math.max(peak, quality);
    least = Math.min(least, quality);
  }
  return [peak, Math.min(peak, least)];
}
