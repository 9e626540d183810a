import { seededRandom } from '../../src/platform/random.ts';
import { normal } from '../workloads/variates.ts';
import type { Point } from './search-space.ts';

/**
 * The cross-entropy method (Rubinstein 1999; de Boer et al. 2005): draw points from a normal law, keep the best
 * share, move the law to them, again. Maximises.
 */
export interface SearchOptions {
  readonly seed: number;
  /** Points drawn per iteration; with the law's mean, which is always among them. */
  readonly population: number;
  readonly iterations: number;
  /** Points known to be good somewhere near; they take the place of some of the first iteration's. */
  readonly hints?: readonly Point[] | undefined;
}

/** Everything a search needs to go on: plain data, so that it can be stopped, stored and resumed. */
export interface SearchState {
  readonly iteration: number;
  readonly mean: Point;
  readonly deviation: Point;
  readonly best: { readonly point: Point; readonly value: number } | undefined;
  /** Value of the point the search began at. */
  readonly startValue: number | undefined;
}

const ELITE_SHARE = 0.25;
/** How far the law moves to the elite per iteration; the rest guards against a lucky draw. */
const STEP = 0.75;
/** On coordinates of size 1, wide enough to leave the start's neighbourhood. */
const FIRST_DEVIATION = 1.2;
/** Below this nothing that matters is told apart any more, and a law that is a point draws nothing new. */
const LEAST_DEVIATION = 0.02;

export function firstState(start: Point): SearchState {
  return {
    iteration: 0,
    mean: start,
    deviation: start.map(() => FIRST_DEVIATION),
    best: undefined,
    startValue: undefined,
  };
}

/** The points of the state's iteration, the mean first. The same ones whenever they are asked for. */
export function pointsOf(state: SearchState, { seed, population, hints = [] }: SearchOptions): Point[] {
  const random = seededRandom(seed + Math.imul(state.iteration + 1, 0x9e3779b1));
  const drawn = Array.from({ length: population - 1 }, () =>
    state.mean.map((mean, index) => mean + state.deviation[index]! * normal(random)),
  );
  return [state.mean, ...(state.iteration === 0 ? hints : []), ...drawn].slice(0, population);
}

/** The state after an iteration, given the value of each of its points. */
export function nextState(
  state: SearchState,
  points: readonly Point[],
  values: readonly number[],
): SearchState {
  const ranked = points.map((point, index) => ({ point, value: values[index]! }));
  // Equal values keep the order they were drawn in, so that nothing depends on the engine's sort.
  ranked.sort((a, b) => b.value - a.value);
  const elite = ranked.slice(0, Math.max(2, Math.ceil(ELITE_SHARE * points.length)));
  const first = ranked[0]!;
  const dimensions = state.mean.map((_, index) => index);
  const eliteMean = dimensions.map((index) => averageOf(elite, ({ point }) => point[index]!));
  // Around the old mean: a law on its way somewhere widens in that direction instead of closing in before it is there.
  const eliteDeviation = dimensions.map((index) =>
    Math.sqrt(averageOf(elite, ({ point }) => (point[index]! - state.mean[index]!) ** 2)),
  );
  return {
    iteration: state.iteration + 1,
    mean: blend(state.mean, eliteMean),
    deviation: blend(state.deviation, eliteDeviation).map((value) => Math.max(value, LEAST_DEVIATION)),
    best: state.best === undefined || first.value > state.best.value ? first : state.best,
    startValue: state.startValue ?? values[0]!,
  };
}

function blend(from: Point, to: Point): Point {
  return from.map((value, index) => value + STEP * (to[index]! - value));
}

function averageOf<T>(items: readonly T[], measure: (item: T) => number): number {
  return items.reduce((sum, item) => sum + measure(item), 0) / items.length;
}
