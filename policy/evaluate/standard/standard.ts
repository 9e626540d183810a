import { intervalOf } from '../../report/statistics.ts';
import { contenderNames } from '../../rivals/contenders.ts';
import { availabilityOf } from '../availability.ts';
import { compare, resultOf, seedsUpTo } from '../comparison.ts';
import { contenderOf } from '../contender-of.ts';
import type { Progress } from '../progress.ts';
import type { Arena, Setting, TrialResult } from '../trial.ts';
import type { Trials } from '../trials.ts';
import type {
  FleetAvailability,
  FocusDifference,
  LoadSweep,
  OnTimeCurve,
  Spike,
  StandardComparison,
  StandardDocument,
} from './document.ts';
import * as plan from './plan.ts';

/** Runs of one bisection, as far as can be known before it. */
const RUNS_PER_SEARCH = 7;

type Runs = ReadonlyMap<string, readonly TrialResult[]>;

/** Runs the standard table. Everything is asked for at once; the workers decide when it is done. */
export class StandardTable {
  readonly #arena: Arena;
  readonly #trials: Trials;
  readonly #seeds: number;
  readonly #progress: Pick<Progress, 'expect'>;
  readonly #missing = new Map<string, StandardDocument['missing'][number]>();
  readonly #focus: string;

  constructor(options: {
    readonly arena: Arena;
    readonly trials: Trials;
    readonly seeds: number;
    readonly progress: Pick<Progress, 'expect'>;
  }) {
    this.#arena = options.arena;
    this.#trials = options.trials;
    this.#seeds = options.seeds;
    this.#progress = options.progress;
    this.#focus = this.#focusFor(plan.paperSettings);
  }

  async run(): Promise<StandardDocument> {
    const [comparisons, availability, curve, loads, spike] = await Promise.all([
      this.#comparisons(),
      Promise.all(Object.entries(plan.availabilityScorers).map((entry) => this.#availability(...entry))),
      this.#curve(),
      this.#loads(),
      this.#spike(),
    ]);
    const missing = [...this.#missing.values()];
    return {
      seeds: this.#seeds,
      focus: this.#focus,
      missing,
      comparisons,
      availability,
      curve,
      loads,
      spike,
    };
  }

  async #comparisons(): Promise<StandardComparison[]> {
    const paper = plan.paperSettings.map((setting) => this.#comparison('paper', setting, plan.everyone));
    const heavy = plan.heavySettings.map((setting) => this.#comparison('heavy', setting, plan.heavyScorers));
    const traces = plan.traces.map((trace) => this.#traceComparisons(trace));
    return [...(await Promise.all([...paper, ...heavy])), ...(await Promise.all(traces)).flat()];
  }

  async #traceComparisons({
    workload,
    lengths,
  }: (typeof plan.traces)[number]): Promise<StandardComparison[]> {
    const { durationMs = 0 } = lengths;
    this.#progress.expect(RUNS_PER_SEARCH * this.#seeds);
    const rates = await availabilityOf(this.#trials, { ...lengths, durationMs }, 'static-large', this.#seeds);
    const carried = intervalOf(rates).mean;
    const comparisons = plan.traceMultiples.map(async (timesCarried) => {
      const setting = plan.traceSetting(workload, Number((timesCarried * carried).toPrecision(3)));
      return { ...(await this.#comparison('traces', setting, plan.everyone)), timesCarried };
    });
    return Promise.all(comparisons);
  }

  async #comparison(
    group: StandardComparison['group'],
    setting: Setting,
    names: readonly string[],
  ): Promise<StandardComparison> {
    const scorers = this.#present(setting, names);
    const withBounds = group !== 'heavy';
    this.#progress.expect((scorers.length + (withBounds ? 1 : 0)) * this.#seeds);
    const [runs, bounds] = await Promise.all([
      compare(this.#trials, setting, scorers, this.#seeds),
      withBounds ? this.#bounds(setting) : undefined,
    ]);
    const workload = this.#arena.workload(setting);
    const focus = scorers.includes(this.#focus) ? this.#focus : undefined;
    return {
      group,
      fleet: setting.fleet,
      workload: workload.name,
      durationS: workload.durationMs / 1000,
      meanRatePerSecond: workload.meanRatePerSecond,
      ...(setting.predictionSigma === undefined ? {} : { predictionSigma: setting.predictionSigma }),
      seeds: this.#seeds,
      results: scorers.map((scorer) => resultOf(scorer, runs.get(scorer)!)),
      paired: focus === undefined ? [] : differencesFrom(focus, runs),
      ...(bounds && { bounds }),
    };
  }

  async #bounds(setting: Setting): Promise<NonNullable<StandardComparison['bounds']>> {
    const all = await Promise.all(seedsUpTo(this.#seeds).map((seed) => this.#trials.bounds(setting, seed)));
    return {
      bound: intervalOf(all.map(({ bound }) => bound)),
      estimate: intervalOf(all.map(({ estimate }) => estimate)),
    };
  }

  async #availability(fleet: string, names: readonly string[]): Promise<FleetAvailability> {
    const { durationMs, workload } = plan.curve;
    const setting = { fleet, workload, durationMs };
    const scorers = this.#present(setting, names);
    this.#progress.expect(RUNS_PER_SEARCH * this.#seeds * scorers.length);
    const found = await Promise.all(
      scorers.map((scorer) => availabilityOf(this.#trials, setting, scorer, this.#seeds)),
    );
    const baseline = found[scorers.indexOf(plan.loads.baseline)]!;
    const results = scorers.map((scorer, index) => ({
      scorer,
      availabilityRps: intervalOf(found[index]!),
      timesStaticLarge: intervalOf(found[index]!.map((rate, seed) => rate / baseline[seed]!)),
    }));
    return { fleet, durationS: durationMs / 1000, results };
  }

  async #curve(): Promise<OnTimeCurve> {
    const { fleet, durationMs } = plan.curve;
    const scorers = this.#present(plan.curve, plan.availabilityScorers[fleet] ?? []);
    const points = await Promise.all(scorers.map((scorer) => this.#curveOf(scorer)));
    return { fleet, durationS: durationMs / 1000, points: points.flat() };
  }

  async #curveOf(scorer: string): Promise<OnTimeCurve['points']> {
    const { ratesPerSecond, leastOnTime, fleet, workload, durationMs } = plan.curve;
    const points: OnTimeCurve['points'][number][] = [];
    for (const ratePerSecond of ratesPerSecond) {
      this.#progress.expect(this.#seeds);
      const setting = { fleet, workload, durationMs, ratePerSecond };
      const runs = await compare(this.#trials, setting, [scorer], this.#seeds);
      const { onTime } = resultOf(scorer, runs.get(scorer)!);
      points.push({ scorer, ratePerSecond, onTime });
      if (onTime.mean < leastOnTime) break;
    }
    return points;
  }

  async #loads(): Promise<LoadSweep> {
    const { fleet, workload, durationMs, ratesPerSecond, baseline, twice } = plan.loads;
    const scorers = this.#present(plan.loads, [...new Set([baseline, twice, ...plan.focusNames])]);
    this.#progress.expect(scorers.length * this.#seeds * ratesPerSecond.length);
    const points = ratesPerSecond.map(async (ratePerSecond) => {
      const setting = { fleet, workload, durationMs, ratePerSecond };
      const runs = await compare(this.#trials, setting, scorers, this.#seeds);
      const results = scorers.map((scorer) => resultOf(scorer, runs.get(scorer)!));
      return { meanRatePerSecond: ratePerSecond, results, ratios: this.#ratios(results) };
    });
    return { fleet, workload, durationS: durationMs / 1000, points: await Promise.all(points) };
  }

  #ratios(results: LoadSweep['points'][number]['results']): LoadSweep['points'][number]['ratios'] {
    const ratio = (measure: 'f96' | 'f98' | 'utilityPerGpu', other: string) => {
      const meanOf = (name: string) => results.find(({ scorer }) => scorer === name)![measure].mean;
      return meanOf(other) === 0 ? {} : { [measure]: meanOf(this.#focus) / meanOf(other) };
    };
    const { baseline, twice } = plan.loads;
    return { ...ratio('f96', baseline), ...ratio('f98', baseline), ...ratio('utilityPerGpu', twice) };
  }

  async #spike(): Promise<Spike> {
    const { setting } = plan.spike;
    const scorers = this.#present(setting, plan.spike.scorers);
    this.#progress.expect(scorers.length * this.#seeds);
    const all = await Promise.all(
      scorers.map((scorer) =>
        Promise.all(seedsUpTo(this.#seeds).map((seed) => this.#trials.seconds({ setting, scorer, seed }))),
      ),
    );
    const length = all[0]![0]!.length;
    const over = <T>(second: (index: number) => T) => Array.from({ length }, (_, index) => second(index));
    return {
      ...setting,
      offered: over((index) => intervalOf(all[0]!.map((run) => run[index]!.requests)).mean),
      series: scorers.map((scorer, row) => ({
        scorer,
        utility: over((index) => intervalOf(all[row]!.map((run) => run[index]!.utility))),
      })),
    };
  }

  /** Those of the names that can take part here. Contenders that exist and cannot are noted. */
  #present(setting: Setting, names: readonly string[]): string[] {
    const workload = this.#arena.workload(setting).name;
    const existing = names.filter((name) => contenderNames.includes(name) || name === plan.loads.twice);
    return existing.filter((name) => {
      const reason = this.#reasonAgainst(name, setting);
      if (reason !== undefined)
        this.#missing.set(`${setting.fleet} ${workload} ${name}`, { fleet: setting.fleet, workload, reason });
      return reason === undefined;
    });
  }

  #reasonAgainst(name: string, setting: Setting): string | undefined {
    try {
      const fleet = this.#arena.fleet(setting.fleet);
      contenderOf(name, { fleet, workload: this.#arena.workload(setting).name });
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #focusFor(settings: readonly Setting[]): string {
    return plan.focusNames.find((name) =>
      settings.every((setting) => this.#reasonAgainst(name, setting) === undefined),
    )!;
  }
}

function differencesFrom(focus: string, runs: Runs): FocusDifference[] {
  const own = runs.get(focus)!;
  return [...runs].flatMap(([b, others]) => {
    const difference = (measure: 'utility' | 'f96' | 'f98') =>
      intervalOf(own.map((run, index) => run[measure] - others[index]![measure]));
    if (b === focus) return [];
    return [
      {
        a: focus,
        b,
        utilityDifference: difference('utility'),
        f96Difference: difference('f96'),
        f98Difference: difference('f98'),
      },
    ];
  });
}
