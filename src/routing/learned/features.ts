import { pricePerClass } from '../catalogue.ts';
import type { Action } from '../observation.ts';
import { paceAlone } from '../service.ts';
import type { ActionView, PoolView } from './pool-view.ts';

/** One column of what the learned policy sees of an action. */
export interface Feature {
  readonly name: string;
  readonly unit:
    | 'ln of a ratio'
    | 'ln of a count'
    | 'ln, standard deviation'
    | 'log-odds'
    | 'share'
    | 'product';
  readonly meaning: string;
  /** The network is given (value − centre) / scale, held within ±LIMIT. */
  readonly centre: number;
  readonly scale: number;
}

/** Scaled features beyond this would only let one number drown the others. */
export const LIMIT = 3;

type Read = (view: ActionView, pool: PoolView) => number;
interface Row extends Feature {
  readonly read: Read;
}

const share = rowsOf('share');
const lnRatio = rowsOf('ln of a ratio');
const lnCount = rowsOf('ln of a count');
const lnDeviation = rowsOf('ln, standard deviation');

/**
 * Every feature is free of the fleet's scale (shares, ratios and their logarithms), so that the same weights serve
 * other models, other numbers of endpoints and other deadlines.
 */
const rows: readonly Row[] = [
  lnRatio('load', 'the larger of fill and pace', -1, 1, ({ fill, pace }) => ln(Math.max(fill, pace))),
  lnRatio('fill', 'in flight on the endpoint to places within the SLO', -1.5, 1.5, ({ fill }) => ln(fill)),
  lnRatio('own fill', 'in flight of the variant to the same places', -2, 2, ({ ownFill }) => ln(ownFill)),
  lnRatio('pace', 'tightest predicted time to its bound', -1, 1, ({ pace }) => ln(pace)),
  lnRatio('fill over mean', 'fill to its mean over the pool', 0, 1, ({ fill }, { meanFill }) =>
    ln((fill + 0.02) / (meanFill + 0.02)),
  ),
  rowsOf('log-odds')('on time', 'predicted chance to keep the SLO', 2, 3, ({ action }) =>
    logOdds(action.predicted.onTime),
  ),
  lnRatio('cost', 'time the request holds a place to that of the mean request', 0, 1, ({ action }) =>
    ln(action.relativeCost),
  ),
  share('quality', 'quality to the best that may be chosen', 0.8, 0.2, ({ action }, { peakQuality }) =>
    peakQuality === 0 ? 0 : action.quality / peakQuality,
  ),
  lnRatio('spread', 'best quality less worst to the best', -1, 0.7, (_, { qualitySpread, peakQuality }) =>
    ln(qualitySpread / Math.max(peakQuality, 1e-3)),
  ),
  lnRatio('demand', 'arrivals to what the variant could carry', 0, 1.5, ({ capacity }, pool) =>
    lnRate(pool.observation.arrivals.fastPerSecond, capacity.perSecond),
  ),
  lnRatio('demand on better', 'arrivals to what better variants could carry', 0, 1.5, (view, pool) =>
    lnRate(pool.observation.arrivals.fastPerSecond, view.rung.betterPerSecond),
  ),
  lnRatio('demand on as good', 'the same with its equals', 0, 1.5, (view, pool) =>
    lnRate(pool.observation.arrivals.fastPerSecond, view.rung.asGoodPerSecond),
  ),
  lnRatio('trend', 'arrivals of the last second to those of the last half minute', 0, 0.7, (_, pool) =>
    lnRate(pool.observation.arrivals.fastPerSecond, pool.observation.arrivals.slowPerSecond),
  ),
  share('company', 'part of the pace that company causes', 0.5, 0.3, ({ action: { service, predicted } }) =>
    Math.max(1 - paceAlone(service) / predicted.tpotMs, 0),
  ),
  share(
    'reading',
    'part of the pace that reading causes',
    0.1,
    0.2,
    ({ action: { company, predicted } }) => company.readingMs / predicted.tpotMs,
  ),
  share(
    'turns',
    'part of the pace that other variants cause',
    0.2,
    0.3,
    ({ action: { company, predicted } }) => company.turnsMs / predicted.tpotMs,
  ),
  lnRatio(
    'harm',
    'loss of those in flight to the best quality that may be chosen',
    -3,
    2,
    ({ harm }, { peakQuality }) => ln(harm / Math.max(peakQuality, 1e-3)),
  ),
  lnRatio('company pace', 'pace alone of those in flight to its own', 0, 1, ({ companyPace }) =>
    ln(companyPace),
  ),
  share('own share', 'part of those in flight that the variant serves', 0.5, 0.4, ({ action }) =>
    shareOf(action.load.inFlightByVariant[action.variant.id] ?? 0, action.load.inFlight),
  ),
  share('queued', 'part of those in flight without a first token', 0.2, 0.3, ({ action: { load } }) =>
    shareOf(load.queued, load.inFlight),
  ),
  lnCount('places', 'requests a replica can hold within the SLO', 3, 1.2, ({ capacity }) =>
    ln(capacity.places),
  ),
  lnCount('replicas', 'servers behind the endpoint', 0.5, 0.7, ({ action }) => ln(action.endpoint.replicas)),
  lnCount('sharing', 'variants on the endpoint', 0.5, 0.6, ({ sharing }) => ln(sharing)),
  share('side', 'place among twins, turned round for lesser models', 0, 0.7, ({ side }) => side),
  lnRatio('length', 'expected output to the mean', 0, 0.7, (_, { observation }) =>
    ln(observation.length.tokens / Math.max(observation.meanOutputTokens, 1)),
  ),
  lnDeviation('length error', 'error of the expected output', 0.5, 0.4, (_, { observation }) =>
    Math.sqrt(observation.length.logVariance),
  ),
  lnDeviation('pace error', 'error of the predicted pace', 0.3, 0.2, ({ action }) =>
    Math.sqrt(action.service.tpot.logVariance),
  ),
  lnRatio(
    'staleness',
    'age of the snapshot to the time of the request',
    -3,
    2,
    ({ action }, { observation }) => ln((observation.snapshotAgeMs + 1) / (action.predicted.e2eMs + 1)),
  ),
];

/**
 * Pairs of rows whose product is a column too. How steeply a price rises with the load depends on what is priced, and
 * the network's straight path to its heads can only say so of a product.
 */
const pairs = [
  ['load', 'load'],
  ['load', 'quality'],
  ['load', 'places'],
  ['load', 'cost'],
  ['load', 'demand on better'],
  ['load', 'demand on as good'],
  ['load', 'trend'],
  ['load', 'reading'],
  ['side', 'load'],
] as const;
const pairColumns = pairs.map((names) => names.map((name) => rows.findIndex((row) => row.name === name)));

/** The columns of `featuresOf`, in order: the rows, then the products of their scaled values. */
export const features: readonly Feature[] = [
  ...rows.map(({ read: _, ...feature }) => feature),
  ...pairs.map(([one, other]) => ({
    name: `${one} × ${other}`,
    unit: 'product' as const,
    meaning: 'of two columns as the network is given them',
    centre: 0,
    scale: 1,
  })),
];

/** @returns [actions × features], row-major, scaled */
export function featuresOf(pool: PoolView): Float32Array {
  const matrix = new Float32Array(pool.actions.length * features.length);
  for (const [action, view] of pool.actions.entries()) {
    const from = action * features.length;
    let cell = from;
    for (const { read, centre, scale } of rows) matrix[cell++] = limited((read(view, pool) - centre) / scale);
    for (const [one, other] of pairColumns)
      matrix[cell++] = limited(matrix[from + one!]! * matrix[from + other!]!);
  }
  return matrix;
}

/** Columns of `termsOf`. */
export const TERMS = 4;

/**
 * What a late answer costs, in units of quality: half of what a perfect one is worth. Were it merely worth nothing, two
 * late in a hundred would be a fair price for two points of quality, and a promise kept 98 times of 100 is not kept.
 */
export const LATE_COST = 0.5;

/**
 * The terms which the network weighs: what is at stake (the quality, and the cost of being late), the log-odds of being
 * on time, and, as the request's class counts them, the cost for those who come later and the harm to those in flight.
 * Where a replica stands idle a place costs nobody anything, whatever the network would ask for it.
 * @returns [actions × TERMS], row-major
 */
export function termsOf(pool: PoolView): Float32Array {
  const price = pricePerClass[pool.observation.request.class];
  const matrix = new Float32Array(pool.actions.length * TERMS);
  let cell = 0;
  for (const { action, harm } of pool.actions) {
    matrix[cell++] = action.quality + LATE_COST;
    matrix[cell++] = logOdds(action.predicted.onTime);
    matrix[cell++] = hasIdleReplica(action) ? 0 : price * action.relativeCost;
    matrix[cell++] = price * harm;
  }
  return matrix;
}

function hasIdleReplica({ load, endpoint }: Action): boolean {
  return load.inFlight < endpoint.replicas;
}

function rowsOf(unit: Feature['unit']) {
  return (name: string, meaning: string, centre: number, scale: number, read: Read): Row => ({
    name,
    unit,
    meaning,
    centre,
    scale,
    read,
  });
}

function limited(scaled: number): number {
  return Math.min(Math.max(scaled, -LIMIT), LIMIT);
}

function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** ln of one rate to another, either of which may be 0. */
function lnRate(perSecond: number, otherPerSecond: number): number {
  return ln((perSecond + 0.01) / (otherPerSecond + 0.01));
}

/** ln, held where a scaled feature can still tell values apart. */
function ln(value: number): number {
  return Math.log(Math.min(Math.max(value, 1e-3), 1e3));
}

function logOdds(probability: number): number {
  const inside = Math.min(Math.max(probability, 1e-6), 1 - 1e-6);
  return Math.log(inside / (1 - inside));
}
