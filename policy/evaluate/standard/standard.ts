import { intervalOf } from '../../report/statistics.ts';
import { seedsUpTo } from '../comparison.ts';
import { standardComparisons } from './comparisons.ts';
import { type Context, Roster } from './context.ts';
import type { Spike, StandardDocument } from './document.ts';
import * as plan from './plan.ts';
import { loadSweep, onTimeCurve, standardAvailability } from './sweeps.ts';
import { unseenFleets } from './unseen.ts';

/** Runs the standard table. Everything is asked for at once; the workers decide when it is done. */
export async function standardTable(options: Omit<Context, 'roster'>): Promise<StandardDocument> {
  const roster = new Roster(options.arena);
  const context = { ...options, roster };
  const focus = roster.focus(plan.paperSettings);
  const [comparisons, availability, curve, loads, spike, unseen] = await Promise.all([
    standardComparisons(context),
    standardAvailability(context),
    onTimeCurve(context),
    loadSweep(context, focus),
    underASpike(context),
    unseenFleets(context),
  ]);
  const { seeds } = options;
  return { seeds, focus, missing: roster.missing, comparisons, availability, curve, loads, spike, unseen };
}

async function underASpike({ trials, seeds, progress, roster }: Context): Promise<Spike> {
  const { setting } = plan.spike;
  const scorers = roster.present(setting, plan.spike.scorers);
  progress.expect(scorers.length * seeds);
  const runs = await Promise.all(
    scorers.map((scorer) =>
      Promise.all(seedsUpTo(seeds).map((seed) => trials.seconds({ setting, scorer, seed }))),
    ),
  );
  const seconds = runs[0]![0]!.map((_, second) => second);
  return {
    ...setting,
    offered: seconds.map((second) => intervalOf(runs[0]!.map((run) => run[second]!.requests)).mean),
    series: scorers.map((scorer, row) => ({
      scorer,
      utility: seconds.map((second) => intervalOf(runs[row]!.map((run) => run[second]!.utility))),
    })),
  };
}
