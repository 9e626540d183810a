import { type Interval, intervalOf } from '../report/statistics.ts';
import type { Setting, TrialResult } from './trial.ts';
import type { Trials } from './trials.ts';

/** How one scorer did on a workload: means over the seeds with 95 % intervals. */
export interface ScorerResult {
  readonly scorer: string;
  readonly utility: Interval;
  readonly onTime: Interval;
  readonly f96: Interval;
  readonly f98: Interval;
  readonly utilityPerGpu: Interval;
  readonly shed: Interval;
}

/** Utility of `a` less that of `b` on the same requests. */
export interface PairedResult {
  readonly a: string;
  readonly b: string;
  readonly utilityDifference: Interval;
}

export interface Comparison {
  readonly fleet: string;
  readonly workload: string;
  /** What they are called; absent: ideal ones. */
  readonly conditions?: string;
  /** How many; they are 1, 2, … */
  readonly seeds: number;
  readonly results: readonly ScorerResult[];
  readonly paired: readonly PairedResult[];
}

/** Runs every scorer on the same requests, those of each seed. */
export async function compare(
  trials: Pick<Trials, 'run'>,
  setting: Setting,
  scorers: readonly string[],
  seeds: readonly number[],
): Promise<ReadonlyMap<string, readonly TrialResult[]>> {
  const runs = scorers.map(async (scorer) => {
    const own = seeds.map((seed) => trials.run({ setting, scorer, seed }));
    return [scorer, await Promise.all(own)] as const;
  });
  return new Map(await Promise.all(runs));
}

/** Evaluation seeds; training's begin at a million. */
export function seedsUpTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

export function resultOf(scorer: string, runs: readonly TrialResult[]): ScorerResult {
  const over = (measure: (run: TrialResult) => number) => intervalOf(runs.map(measure));
  return {
    scorer,
    utility: over(({ utility }) => utility),
    onTime: over(({ onTime }) => onTime),
    f96: over(({ f96 }) => f96),
    f98: over(({ f98 }) => f98),
    utilityPerGpu: over(({ utility, gpus }) => utility / gpus),
    shed: over(({ shed }) => shed),
  };
}

/** Every pair of scorers, in the order given. */
export function pairsOf(results: ReadonlyMap<string, readonly TrialResult[]>): PairedResult[] {
  const scorers = [...results.keys()];
  return scorers.flatMap((a, index) => scorers.slice(index + 1).map((b) => paired(results, a, b)));
}

/** @param results of the same seeds, in their order */
function paired(results: ReadonlyMap<string, readonly TrialResult[]>, a: string, b: string): PairedResult {
  const others = results.get(b)!;
  const differences = results.get(a)!.map(({ utility }, index) => utility - others[index]!.utility);
  return { a, b, utilityDifference: intervalOf(differences) };
}
