import type { Endpoint, Slo } from '../catalogue.ts';
import type { Action, Observation } from '../observation.ts';
import { type Capacity, capacityOf } from './capacity.ts';

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
  /** Requests per second that better variants could carry. */
  readonly betterPerSecond: number;
  /** The same together with its equals. */
  readonly asGoodPerSecond: number;
  /** Variants on the same endpoint, itself included. */
  readonly sharing: number;
  /** Pace of what is in flight on the endpoint when alone, on average, to the variant's own. */
  readonly companyPace: number;
  /**
   * Where the endpoint stands among those of the same model, −1 first to 1 last, turned round for the lesser models
   * of a shared endpoint: whoever follows it gathers large models at one end of the fleet and small ones at the other.
   */
  readonly side: number;
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
  readonly arrivalsPerSecond: number;
}

export function viewPool(observation: Observation): PoolView {
  const { actions, request, arrivals } = observation;
  const capacities = actions.map((action) => capacityOf(action, observation));
  const ladder = climb(actions, capacities);
  const byEndpoint = groupBy(actions, ({ endpoint }) => endpoint);
  const byModel = groupBy(actions, ({ variant }) => variant.model);
  const views = actions.map((action, index): ActionView => {
    const { load, endpoint, variant } = action;
    const capacity = capacities[index]!;
    const places = capacity.places * endpoint.replicas;
    const onEndpoint = byEndpoint.get(endpoint)!;
    return {
      action,
      capacity,
      fill: load.inFlight / places,
      ownFill: (load.inFlightByVariant[variant.id] ?? 0) / places,
      pace: tightestPace(action, request.slo),
      ...ladder[index]!,
      sharing: onEndpoint.length,
      companyPace: companyPaceOf(action, onEndpoint),
      side: sideOf(action, byModel.get(variant.model)!) * rankOf(action, onEndpoint),
    };
  });
  const qualities = actions.filter(({ masked }) => masked === undefined).map(({ quality }) => quality);
  const peakQuality = Math.max(0, ...qualities);
  return {
    observation,
    actions: views,
    peakQuality,
    qualitySpread: peakQuality - Math.min(peakQuality, ...qualities),
    meanFill: views.reduce((sum, { fill }) => sum + fill, 0) / views.length,
    arrivalsPerSecond: arrivals.fastPerSecond,
  };
}

interface Rung {
  readonly betterPerSecond: number;
  readonly asGoodPerSecond: number;
}

/**
 * Goes over the variants that may be chosen from the best down. An endpoint counts once, with the most it can carry by
 * any of the variants passed.
 */
function climb(actions: readonly Action[], capacities: readonly Capacity[]): Rung[] {
  const order = actions.map((_, index) => index).sort((a, b) => actions[b]!.quality - actions[a]!.quality);
  const carried = new Map<Endpoint, number>();
  const rungs = new Array<Rung>(actions.length);
  let total = 0;
  for (let from = 0, to = 0; from < order.length; from = to) {
    const { quality } = actions[order[from]!]!;
    const betterPerSecond = total;
    for (; to < order.length && actions[order[to]!]!.quality === quality; to += 1) {
      const { endpoint, masked } = actions[order[to]!]!;
      if (masked !== undefined) continue;
      const before = carried.get(endpoint) ?? 0;
      const after = Math.max(before, capacities[order[to]!]!.perSecond);
      carried.set(endpoint, after);
      total += after - before;
    }
    for (const index of order.slice(from, to)) rungs[index] = { betterPerSecond, asGoodPerSecond: total };
  }
  return rungs;
}

function groupBy<Key>(actions: readonly Action[], keyOf: (action: Action) => Key): Map<Key, Action[]> {
  const groups = new Map<Key, Action[]>();
  for (const action of actions) {
    const group = groups.get(keyOf(action));
    if (group === undefined) groups.set(keyOf(action), [action]);
    else group.push(action);
  }
  return groups;
}

function tightestPace({ predicted }: Action, slo: Slo): number {
  return Math.max(
    slo.ttftMs === undefined ? 0 : predicted.ttftMs / slo.ttftMs,
    slo.tpotMs === undefined ? 0 : predicted.tpotMs / slo.tpotMs,
    slo.e2eMs === undefined ? 0 : predicted.e2eMs / slo.e2eMs,
  );
}

function companyPaceOf({ load, service }: Action, onEndpoint: readonly Action[]): number {
  if (load.inFlight === 0) return 1;
  let paces = 0;
  for (const { variant, service: other } of onEndpoint)
    paces += (load.inFlightByVariant[variant.id] ?? 0) * other.tpot.intercept;
  return paces / (load.inFlight * service.tpot.intercept);
}

/** −1 for the first of the twins to 1 for the last; 0 for one that has none. */
function sideOf(action: Action, twins: readonly Action[]): number {
  return twins.length === 1 ? 0 : (2 * twins.indexOf(action)) / (twins.length - 1) - 1;
}

/** 1 for the slowest model of the endpoint to −1 for the fastest; 1 for one that is alone. */
function rankOf({ service }: Action, onEndpoint: readonly Action[]): number {
  if (onEndpoint.length === 1) return 1;
  const faster = onEndpoint.filter((other) => other.service.tpot.intercept < service.tpot.intercept).length;
  return (2 * faster) / (onEndpoint.length - 1) - 1;
}
