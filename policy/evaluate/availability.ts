import { seedsUpTo } from './comparison.ts';
import type { Setting } from './trial.ts';
import type { Trials } from './trials.ts';

/** Share of requests that must be on time for a rate to count as carried. */
export const CARRIED_SHARE = 0.99;
/** Rates are found to one per cent, and are round to four digits. */
const TOLERANCE = 1.01;
/** Where nothing is known, the search begins here and takes large steps. */
const FIRST_GUESS = 100;
const FIRST_STEP = 2;
/** Seeds differ little: those after the first look about its rate. */
const NEXT_STEP = 1.03;
/** With fewer requests than this a share of 99 % says nothing: a scorer that carries less carries nothing. */
const FEWEST_REQUESTS = 10;
const MOST_PER_SECOND = 1e5;

/** What is asked: the setting's workload at other rates. */
export type SweptSetting = Setting & { readonly durationMs: number };

/**
 * The largest rate at which at least 99 % of requests are on time, by bisection, for each of the seeds 1 … `seeds`.
 * The search of a seed depends on that seed and the first alone.
 */
export async function availabilityOf(
  trials: Pick<Trials, 'run'>,
  setting: SweptSetting,
  scorer: string,
  seeds: number,
): Promise<readonly number[]> {
  const search = (seed: number, guess: number, step: number) =>
    largestCarried(
      async (ratePerSecond) => {
        const { onTime } = await trials.run({ setting: { ...setting, ratePerSecond }, scorer, seed });
        return onTime >= CARRIED_SHARE;
      },
      { guess, step, least: rounded(FEWEST_REQUESTS / (setting.durationMs / 1000)) },
    );
  const first = await search(1, FIRST_GUESS, FIRST_STEP);
  const others = seedsUpTo(seeds).slice(1);
  return [first, ...(await Promise.all(others.map((seed) => search(seed, first || FIRST_GUESS, NEXT_STEP))))];
}

interface Start {
  readonly guess: number;
  readonly step: number;
  readonly least: number;
}

/** Steps away from the guess, ever further, until the rate lies between two; then halves what is between them. */
async function largestCarried(
  isCarried: (ratePerSecond: number) => Promise<boolean>,
  { guess, step, least }: Start,
): Promise<number> {
  let [low, high] = [0, Number.POSITIVE_INFINITY];
  let rate = rounded(guess);
  for (
    let factor = step;
    low === 0 || high === Number.POSITIVE_INFINITY;
    factor = Math.min(factor ** 2, FIRST_STEP)
  ) {
    if (await isCarried(rate)) low = rate;
    else high = rate;
    if (high <= least) return 0;
    if (low >= MOST_PER_SECOND) return low;
    rate = rounded(high === Number.POSITIVE_INFINITY ? low * factor : Math.max(high / factor, least));
  }
  while (high / low > TOLERANCE) {
    rate = rounded(Math.sqrt(low * high));
    if (await isCarried(rate)) low = rate;
    else high = rate;
  }
  return low;
}

/** Four digits: enough for one per cent, and a rate that can be typed. */
function rounded(rate: number): number {
  return Number(rate.toPrecision(4));
}
