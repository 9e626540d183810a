import { intervalOf } from '../../report/statistics.ts';
import { availabilityOf } from '../availability.ts';
import { compare, resultOf, seedsUpTo } from '../comparison.ts';
import type { Context } from './context.ts';
import type { FleetAvailability, LoadSweep, OnTimeCurve, Ratio } from './document.ts';
import * as plan from './plan.ts';

type LoadPoint = LoadSweep['points'][number];

export async function standardAvailability(context: Context): Promise<FleetAvailability[]> {
  const fleets = Object.entries(plan.availabilityScorers);
  return Promise.all(fleets.map(([fleet, names]) => fleetAvailability(context, fleet, names)));
}

async function fleetAvailability(
  { trials, seeds, progress, roster }: Context,
  fleet: string,
  names: readonly string[],
): Promise<FleetAvailability> {
  const { durationMs, workload } = plan.curve;
  const setting = { fleet, workload, durationMs };
  const scorers = roster.present(setting, names);
  progress.expect(plan.RUNS_PER_SEARCH * seeds * scorers.length);
  const found = await Promise.all(scorers.map((scorer) => availabilityOf(trials, setting, scorer, seeds)));
  const baseline = found[scorers.indexOf(plan.loads.baseline)]!;
  const results = scorers.map((scorer, index) => ({
    scorer,
    availabilityRps: intervalOf(found[index]!),
    timesStaticLarge: intervalOf(found[index]!.map((rate, seed) => rate / baseline[seed]!)),
  }));
  return { fleet, durationS: durationMs / 1000, results };
}

/** The on-time share over the rate, of those whose availability is searched on the same fleet. */
export async function onTimeCurve(context: Context): Promise<OnTimeCurve> {
  const { fleet, durationMs } = plan.curve;
  const scorers = context.roster.present(plan.curve, plan.availabilityScorers[fleet] ?? []);
  const points = await Promise.all(scorers.map((scorer) => curveOf(context, scorer)));
  return { fleet, durationS: durationMs / 1000, points: points.flat() };
}

async function curveOf({ trials, seeds, progress }: Context, scorer: string): Promise<OnTimeCurve['points']> {
  const { ratesPerSecond, leastOnTime, ...setting } = plan.curve;
  const points: OnTimeCurve['points'][number][] = [];
  for (const ratePerSecond of ratesPerSecond) {
    progress.expect(seeds);
    const runs = await compare(trials, { ...setting, ratePerSecond }, [scorer], seedsUpTo(seeds));
    const { onTime } = resultOf(scorer, runs.get(scorer)!);
    points.push({ scorer, ratePerSecond, onTime });
    if (onTime.mean < leastOnTime) break;
  }
  return points;
}

/** The same regimes at other mean loads. */
export async function loadSweep(context: Context, focus: string): Promise<LoadSweep> {
  const { baseline, twice, ratesPerSecond, ...setting } = plan.loads;
  const scorers = context.roster.present(setting, [...new Set([focus, baseline, twice])]);
  context.progress.expect(scorers.length * context.seeds * ratesPerSecond.length);
  const points = ratesPerSecond.map(async (ratePerSecond) => {
    const runs = await compare(
      context.trials,
      { ...setting, ratePerSecond },
      scorers,
      seedsUpTo(context.seeds),
    );
    const results = scorers.map((scorer) => resultOf(scorer, runs.get(scorer)!));
    return { meanRatePerSecond: ratePerSecond, results, ratios: ratiosOf(results, focus) };
  });
  const { fleet, workload, durationMs } = setting;
  return { fleet, workload, durationS: durationMs / 1000, points: await Promise.all(points) };
}

function ratiosOf(results: LoadPoint['results'], focus: string): LoadPoint['ratios'] {
  const ratio = (measure: 'f96' | 'f98' | 'utilityPerGpu', other: string): Ratio => {
    const meanOf = (name: string) => results.find(({ scorer }) => scorer === name)![measure].mean;
    if (meanOf(other) > 0) return meanOf(focus) / meanOf(other);
    return meanOf(focus) > 0 ? 'any' : 'none';
  };
  const { baseline, twice } = plan.loads;
  return {
    f96: ratio('f96', baseline),
    f98: ratio('f98', baseline),
    utilityPerGpu: ratio('utilityPerGpu', twice),
  };
}
