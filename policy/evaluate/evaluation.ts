import { basename } from 'node:path';
import { parseConditions } from '../arena/conditions.ts';
import { type Interval, intervalOf } from '../report/statistics.ts';
import { availabilityOf, type SweptSetting } from './availability.ts';
import { type Comparison, compare, pairsOf, resultOf, type ScorerResult, seedsUpTo } from './comparison.ts';
import { contenderOf } from './contender-of.ts';
import { readJson } from './read-json.ts';
import type { Arena, Setting } from './trial.ts';
import type { Trials } from './trials.ts';

/** The document of `--json`. */
export interface Evaluation extends Comparison {
  readonly results: readonly (ScorerResult & { readonly availabilityRps?: Interval })[];
}

export interface EvaluationOptions {
  readonly setting: Setting;
  readonly scorers: readonly string[];
  readonly seeds: number;
  readonly availability: boolean;
}

const defaultSweepMs = 60_000;

/**
 * Everything that can be known to be wrong before anything runs.
 * @returns the names the documents use
 * @throws CommandError, WorkloadError, CsvError
 */
export function checkSetting(
  arena: Arena,
  setting: Setting,
  { scorers, seeds }: Pick<EvaluationOptions, 'scorers' | 'seeds'>,
): { readonly fleet: string; readonly workload: string } {
  const fleet = arena.fleet(setting.fleet);
  const workload = arena.workload(setting);
  for (const seed of seedsUpTo(seeds)) workload.requests(seed);
  const tunedFor = setting.tunedFor ?? workload.name;
  for (const scorer of scorers) contenderOf(scorer, { fleet, workload: tunedFor });
  return { fleet: fleet.name, workload: workload.name };
}

/**
 * The setting under the conditions of a file, and what the document calls them.
 * @throws CommandError with every fault of the file
 */
export function underConditions(
  arena: Arena,
  setting: Setting,
  file: string | undefined,
): { readonly setting: Setting; readonly named: Pick<Comparison, 'conditions'> } {
  if (file === undefined) return { setting, named: {} };
  const { catalogue } = arena.fleet(setting.fleet);
  const conditions = readJson(file, (document) => parseConditions(document, file, catalogue));
  return { setting: { ...setting, conditions }, named: { conditions: basename(file, '.json') } };
}

/** Where availability is searched: the same fleet and conditions under steady load, with the scorers tuned as they were. */
export function sweptSetting(
  { fleet, conditions, durationMs = defaultSweepMs }: Setting,
  tunedFor: string,
): SweptSetting {
  return { fleet, workload: 'stable', durationMs, tunedFor, ...(conditions && { conditions }) };
}

/** Compares scorers on one workload of one fleet. */
export async function evaluate(
  trials: Pick<Trials, 'run'>,
  names: Pick<Comparison, 'fleet' | 'workload' | 'conditions'>,
  { setting, scorers, seeds, availability }: EvaluationOptions,
): Promise<Evaluation> {
  const runs = await compare(trials, setting, scorers, seedsUpTo(seeds));
  const results = scorers.map(async (scorer) => {
    const result = resultOf(scorer, runs.get(scorer)!);
    if (!availability) return result;
    const rates = await availabilityOf(trials, sweptSetting(setting, names.workload), scorer, seeds);
    return { ...result, availabilityRps: intervalOf(rates) };
  });
  return { ...names, seeds, results: await Promise.all(results), paired: pairsOf(runs) };
}
