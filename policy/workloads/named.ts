import { bundledWorkloads } from './file/bundled.ts';
import { documentSchema } from './file/document.ts';
import { type GeneratedDocument, gapsOf, meanRateOf, ratesOf } from './file/rates.ts';
import { generatedArrivals, type TaskProfile, type WorkloadRecipe } from './generate.ts';
import { equalShares, fixedMix, mixPerPhase } from './mix.ts';

/** The benchmark's generated workloads whose lengths are the tasks' own. `load.ts` knows more, and files. */
export const workloadNames = ['stable', 'storm', 'surge'] as const;
export type WorkloadName = (typeof workloadNames)[number];

export interface NamedWorkload {
  readonly name: WorkloadName;
  readonly profiles: Readonly<Record<string, TaskProfile>>;
  readonly durationMs: number;
  /** Mean rate over time. Absent: the benchmark's own, which suits the paper's fleets. */
  readonly ratePerSecond?: number;
}

/**
 * The recipe of a named workload: `stable` is Poisson at one rate with equal task shares, `storm` and `surge` are
 * Poisson within regimes whose rate is log-uniform and whose task shares are redrawn. A mean rate of one's own
 * moves a regime workload's whole range, so its ratio of highest to lowest rate stays what the name says.
 */
export function namedWorkload(options: NamedWorkload): WorkloadRecipe {
  const tasks = Object.keys(options.profiles);
  const arrivals = arrivalsOf(options.name);
  const factor = (options.ratePerSecond ?? meanRateOf(arrivals)) / meanRateOf(arrivals);
  return {
    arrivals: generatedArrivals(ratesOf(arrivals, factor), gapsOf(arrivals.gaps)),
    mix: arrivals.kind === 'regimes' ? mixPerPhase(tasks) : fixedMix(equalShares(tasks)),
    profiles: options.profiles,
    durationMs: options.durationMs,
  };
}

function arrivalsOf(name: WorkloadName): GeneratedDocument {
  const { arrivals } = documentSchema.parse(bundledWorkloads[name]);
  if (arrivals.kind === 'trace' || arrivals.kind === 'records' || arrivals.kind === 'servegen')
    throw new TypeError(`${name} is recorded, not generated`);
  return arrivals;
}
