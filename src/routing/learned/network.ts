import { LATE_COST, TERMS } from './features.ts';

/**
 * The policy's network, as flat float32. F features, H hidden units. With `x` an action's features and
 * (stake, odds, cost, harm) the terms for it:
 *
 *     h = tanh(x·w1 + b1)          z = x·skip + h·w2 + b2
 *     score = stake · sigmoid(odds + z₀) − exp(min(z₁, 20)) · cost − exp(min(z₂, ln 1½)) · harm
 *
 * With `w1` and `w2` zero and `skip` picking the logarithm of the load, it is the shadow price's rule with the load
 * counted by places within the deadline, less the harm to those in flight; so what is learned begins at a rule and
 * departs from it.
 */
export interface PolicyNetwork {
  readonly features: number;
  readonly hidden: number;
  /** [F × H] row-major. */
  readonly w1: Float32Array;
  /** [H] */
  readonly b1: Float32Array;
  /** [F × HEADS] row-major. */
  readonly skip: Float32Array;
  /** [H × HEADS] row-major. */
  readonly w2: Float32Array;
  /** [HEADS] */
  readonly b2: Float32Array;
}

/** Outputs of the network: shift of the log-odds, log price of a place, log weight of the harm. */
export const HEADS = 3;
/** Keeps a price that ran away finite. */
export const LARGEST_LOG_PRICE = 20;
/**
 * The harm counts no more than those in flight can lose: their quality, and the cost of being late. A weight that grows
 * beyond that keeps a GPU to what it serves already, also when that is what it cannot do in time.
 */
export const LARGEST_LOG_WEIGHT = Math.log(1 + LATE_COST);

/** How many numbers a network of the shape has. */
export function parameterCount(features: number, hidden: number): number {
  return features * hidden + hidden + features * HEADS + hidden * HEADS + HEADS;
}

/** A network whose parts are views of one vector, in the order w1, b1, skip, w2, b2. */
export function networkOf(parameters: Float32Array, features: number, hidden: number): PolicyNetwork {
  const expected = parameterCount(features, hidden);
  if (parameters.length !== expected)
    throw new Error(`parameters: expected ${expected} numbers, received ${parameters.length}`);
  let from = 0;
  const next = (length: number) => {
    from += length;
    return parameters.subarray(from - length, from);
  };
  return {
    features,
    hidden,
    w1: next(features * hidden),
    b1: next(hidden),
    skip: next(features * HEADS),
    w2: next(hidden * HEADS),
    b2: next(HEADS),
  };
}

/** A network's numbers as one vector, in the order of `networkOf`. */
export function parametersOf({ w1, b1, skip, w2, b2 }: PolicyNetwork): Float32Array {
  return Float32Array.from([w1, b1, skip, w2, b2].flatMap((part) => [...part]));
}

/**
 * Scores of a batch of actions, by plain loops.
 * @param features [n × F] row-major
 * @param terms [n × TERMS] row-major: see `termsOf`
 * @returns [n]
 */
export function forward(
  network: PolicyNetwork,
  features: Float32Array,
  terms: Float32Array,
  n: number,
): Float32Array {
  const scores = new Float32Array(n);
  const units = new Float64Array(network.hidden);
  for (let row = 0; row < n; row += 1) {
    const [shift, logPrice, logWeight] = headsOf(network, features.subarray(row * network.features), units);
    const stake = terms[row * TERMS]!;
    const odds = terms[row * TERMS + 1]!;
    const cost = terms[row * TERMS + 2]!;
    const onTime = 1 / (1 + Math.exp(-(odds + shift)));
    const harm = terms[row * TERMS + 3]!;
    const price = Math.exp(Math.min(logPrice, LARGEST_LOG_PRICE));
    const weight = Math.exp(Math.min(logWeight, LARGEST_LOG_WEIGHT));
    scores[row] = stake * onTime - price * cost - weight * harm;
  }
  return scores;
}

/**
 * @param x [F] at its beginning
 * @param units [H], room for the hidden layer
 */
function headsOf(
  { features: width, w1, b1, skip, w2, b2 }: PolicyNetwork,
  x: Float32Array,
  units: Float64Array,
): [number, number, number] {
  let shift = b2[0]!;
  let logPrice = b2[1]!;
  let logWeight = b2[2]!;
  units.set(b1);
  let weight = 0;
  for (let feature = 0; feature < width; feature += 1) {
    const value = x[feature]!;
    shift += value * skip[feature * HEADS]!;
    logPrice += value * skip[feature * HEADS + 1]!;
    logWeight += value * skip[feature * HEADS + 2]!;
    for (let unit = 0; unit < units.length; unit += 1) units[unit]! += value * w1[weight++]!;
  }
  for (let unit = 0; unit < units.length; unit += 1) {
    const active = Math.tanh(units[unit]!);
    shift += active * w2[unit * HEADS]!;
    logPrice += active * w2[unit * HEADS + 1]!;
    logWeight += active * w2[unit * HEADS + 2]!;
  }
  return [shift, logPrice, logWeight];
}
