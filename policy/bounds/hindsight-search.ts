import { seededRandom } from '../../src/platform/random.ts';
import type { SyncScorer } from '../../src/routing/scorer.ts';
import type { Fleet } from '../arena/fleet.ts';
import { Scoreboard } from '../arena/measures.ts';
import { Simulation } from '../arena/simulation.ts';
import { ladderOf } from '../rivals/ladder.ts';
import { type ParameterValues, startValues, tunables } from '../rivals/tunable.ts';
import { firstState, nextState, pointsOf, type SearchState } from '../tune/cross-entropy.ts';
import type { WorkloadRequest } from '../workloads/request.ts';
import type { Bound } from './hindsight-bound.ts';

export interface HindsightSearchOptions {
  /** Parameters of `shadow-price-free` that the search departs from. By default the untuned ones. */
  readonly values?: ParameterValues | undefined;
  readonly seed?: number | undefined;
  readonly iterations?: number | undefined;
  /** Runs of the whole stream per iteration. */
  readonly population?: number | undefined;
}

/** Prices may change this often; what a window's prices do is felt in the window and the one after it. */
const WINDOW_MS = 1_000;
const WINDOWS_FELT = 2;
/** Prices of a window are searched around a few times higher and lower. */
const FIRST_DEVIATION = 0.7;

/**
 * The best utility found by a router that knows the future: the shadow price with prices of its own for each model in
 * each second, searched on the very stream they are judged on. It was really reached, so no bound on the optimum can be
 * below it; it is no bound itself, since a longer search, or another form of rule, may reach more.
 *
 * Every window is a cross-entropy search of its own. One run of the whole stream tries a point in all of them at once,
 * each judged by the requests that arrive while its prices are felt.
 */
export function hindsightSearch(
  fleet: Fleet,
  requests: readonly WorkloadRequest[],
  options: HindsightSearchOptions = {},
): Bound {
  const { seed = 1, iterations = 10, population = 12 } = options;
  const models = ladderOf(fleet.catalogue).map(({ model }) => model);
  const values = options.values ?? startValues(tunables['shadow-price-free'].parameters(fleet.catalogue));
  const windows = Math.floor((requests.at(-1)?.arrivalMs ?? 0) / WINDOW_MS) + 1;
  let states: SearchState[] = Array.from({ length: windows }, () => ({
    ...firstState(models.map(() => 0)),
    deviation: models.map(() => FIRST_DEVIATION),
  }));
  let best = 0;
  for (let iteration = 0; iteration < iterations; iteration++) {
    const points = states.map((state, window) =>
      pointsOf(state, { seed: seed + 7919 * window, population, iterations }),
    );
    const runs = Array.from({ length: population }, (_, candidate) => {
      const priced = points.map((own) => scaled(values, models, own[candidate]!));
      return run(fleet, requests, priced, seed);
    });
    best = Math.max(best, ...runs.map(({ utility }) => utility));
    states = states.map((state, window) =>
      nextState(
        state,
        points[window]!,
        runs.map(({ quality }) => felt(quality, window)),
      ),
    );
  }
  return {
    utility: best,
    why:
      'Reached by a router that knew the future, found by search: the optimum is at least this. Not a bound, since a ' +
      'longer search may reach more.',
  };
}

interface Run {
  readonly utility: number;
  /** Σ quality of the on-time answers by the window their requests arrived in. */
  readonly quality: Float64Array;
}

function run(
  fleet: Fleet,
  requests: readonly WorkloadRequest[],
  pricesByWindow: readonly ParameterValues[],
  seed: number,
): Run {
  const quality = new Float64Array(pricesByWindow.length);
  const board = new Scoreboard(fleet.catalogue);
  const random = seededRandom(seed);
  const scorers = pricesByWindow.map((values) =>
    tunables['shadow-price-free'].scorer(fleet.catalogue, values, random),
  );
  const scorer = clairvoyant(requests, scorers);
  new Simulation({ fleet, requests, scorer, random }, (outcome) => {
    board.add(outcome);
    if (outcome.kind === 'served' && outcome.onTime)
      quality[windowOf(outcome.request)]! += outcome.variant.quality[outcome.request.task] ?? 0;
  }).run();
  return { utility: board.measures().utility, quality };
}

/**
 * Each request is scored by its window's scorer. No scorer is told the time; but with nothing between edge and
 * ledger each request is scored once, in order of arrival, so counting them tells it.
 */
function clairvoyant(requests: readonly WorkloadRequest[], scorers: readonly SyncScorer[]): SyncScorer {
  let next = 0;
  return {
    name: 'clairvoyant',
    score: (observation) => scorers[windowOf(requests[next++]!)]!.score(observation),
  };
}

function windowOf({ arrivalMs }: WorkloadRequest): number {
  return Math.floor(arrivalMs / WINDOW_MS);
}

/** Every model's price times a factor of its own, given as logarithms. */
function scaled(
  values: ParameterValues,
  models: readonly string[],
  logFactors: readonly number[],
): ParameterValues {
  const changed: Record<string, number> = { ...values };
  for (const [index, model] of models.entries()) changed[`alpha:${model}`]! *= Math.exp(logFactors[index]!);
  return changed;
}

function felt(quality: Float64Array, window: number): number {
  return quality.subarray(window, window + WINDOWS_FELT).reduce((sum, own) => sum + own, 0);
}
