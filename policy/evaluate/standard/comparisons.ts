import { intervalOf } from '../../report/statistics.ts';
import { availabilityOf } from '../availability.ts';
import { compare, resultOf, seedsUpTo } from '../comparison.ts';
import type { Bounds, Setting, TrialResult } from '../trial.ts';
import type { Context } from './context.ts';
import type { FocusDifference, StandardComparison } from './document.ts';
import * as plan from './plan.ts';
import { type RoughSetting, roughSettings } from './rough-settings.ts';

/** Everyone on everything: the paper's fleets, heavy tails, conditions that are not ideal, real traces. */
export async function standardComparisons(context: Context): Promise<StandardComparison[]> {
  const paper = plan.paperSettings.map((setting) => comparison(context, 'paper', setting, plan.everyone));
  const heavy = plan.heavySettings.map((setting) => comparison(context, 'heavy', setting, plan.heavyScorers));
  const rough = roughSettings.map((setting) => roughComparison(context, setting));
  const traces = plan.traces.map((trace) => traceComparisons(context, trace));
  return [...(await Promise.all([...paper, ...heavy, ...rough])), ...(await Promise.all(traces)).flat()];
}

async function roughComparison(
  context: Context,
  { setting, conditions, scorers }: RoughSetting,
): Promise<StandardComparison> {
  if (conditions === undefined)
    return comparison(context, 'rough', setting, scorers, manySeeds(context, setting));
  const rough = await comparison(context, 'rough', setting, scorers);
  const { conditions: _, ...ideal } = setting;
  const present = rough.results.map(({ scorer }) => scorer);
  // Both have been run by now, or are the paper's own: whoever runs them keeps them.
  const [under, without] = await Promise.all(
    [setting, ideal].map((own) => compare(context.trials, own, present, seedsUpTo(context.seeds))),
  );
  const changes = present.map((scorer) => {
    const before = without!.get(scorer)!;
    const differences = under!.get(scorer)!.map(({ utility }, seed) => utility - before[seed]!.utility);
    return { scorer, utilityDifference: intervalOf(differences) };
  });
  return { ...rough, conditions, changes };
}

async function traceComparisons(
  context: Context,
  { workload, lengths }: (typeof plan.traces)[number],
): Promise<StandardComparison[]> {
  if (!context.roster.canRun(lengths)) return [];
  context.progress.expect(plan.RUNS_PER_SEARCH * context.seeds);
  const rates = await availabilityOf(context.trials, lengths, plan.loads.baseline, context.seeds);
  const carried = intervalOf(rates).mean;
  const comparisons = plan.traceMultiples.map(async (timesCarried) => {
    const setting = plan.traceSetting(workload, Number((timesCarried * carried).toPrecision(3)));
    const compared = await comparison(context, 'traces', setting, plan.everyone, manySeeds(context, setting));
    return { ...compared, timesCarried };
  });
  return Promise.all(comparisons);
}

/** The first from 1 on that draw a request at all: a stretch of a trace may hold none. */
function manySeeds({ arena, seeds }: Context, setting: Setting): number[] {
  const workload = arena.workload(setting);
  const many: number[] = [];
  for (let seed = 1; many.length < seeds * plan.UNSTEADY_SEEDS; seed += 1)
    if (workload.draws(seed)) many.push(seed);
  return many;
}

async function comparison(
  context: Context,
  group: StandardComparison['group'],
  setting: Setting,
  names: readonly string[],
  seeds: readonly number[] = seedsUpTo(context.seeds),
): Promise<StandardComparison> {
  const { arena, trials, progress, roster } = context;
  const scorers = roster.present(setting, names);
  const hasBounds = group === 'paper' || group === 'traces';
  const focus = roster.focus([setting]);
  // On the first seeds alone where there are many: a bound takes as long as twenty runs.
  const bounded = hasBounds ? seeds.slice(0, context.seeds) : [];
  progress.expect(scorers.length * seeds.length + bounded.length);
  const [runs, hindsight] = await Promise.all([
    compare(trials, setting, scorers, seeds),
    Promise.all(bounded.map((seed) => trials.bounds(setting, seed))),
  ]);
  const workload = arena.workload(setting);
  return {
    group,
    fleet: setting.fleet,
    workload: workload.name,
    durationS: workload.durationMs / 1000,
    meanRatePerSecond: workload.meanRatePerSecond,
    ...(setting.predictionSigma === undefined ? {} : { predictionSigma: setting.predictionSigma }),
    seeds: seeds.length,
    focus,
    results: scorers.map((scorer) => resultOf(scorer, runs.get(scorer)!)),
    paired: differencesFrom(focus, runs),
    ...(hasBounds && { bounds: boundsOf(hindsight, runs.get(focus)!) }),
  };
}

/** @param runs of the focus, those of the bounds first */
function boundsOf(
  hindsight: readonly Bounds[],
  runs: readonly TrialResult[],
): NonNullable<StandardComparison['bounds']> {
  return {
    seeds: hindsight.length,
    bound: intervalOf(hindsight.map(({ bound }) => bound)),
    estimate: intervalOf(hindsight.map(({ estimate }) => estimate)),
    focusUtility: intervalOf(runs.slice(0, hindsight.length).map(({ utility }) => utility)),
  };
}

/** The focus less each other, seed by seed. */
function differencesFrom(
  focus: string,
  runs: ReadonlyMap<string, readonly TrialResult[]>,
): FocusDifference[] {
  const own = runs.get(focus)!;
  const others = [...runs].filter(([scorer]) => scorer !== focus);
  return others.map(([b, theirs]) => {
    const difference = (measure: 'utility' | 'f96' | 'f98') =>
      intervalOf(own.map((run, index) => run[measure] - theirs[index]![measure]));
    return {
      a: focus,
      b,
      utilityDifference: difference('utility'),
      f96Difference: difference('f96'),
      f98Difference: difference('f98'),
    };
  });
}
