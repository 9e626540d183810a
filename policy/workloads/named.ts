import type { TaskProfile, WorkloadRecipe } from './generate.ts';
import { equalShares, regimes, steady } from './phases.ts';
import { exponential, logUniform, uniform } from './variates.ts';

/** The benchmark's generated workloads. */
export const workloadNames = ['stable', 'storm', 'surge'] as const;
export type WorkloadName = (typeof workloadNames)[number];

/** Regimes last 2 to 20 s, whatever the rate. */
const regimeMs = uniform(2_000, 20_000);

/** The benchmark's rates for the paper's fleets, in requests per second. */
const rates = {
  stable: { low: 200, high: 200 },
  storm: { low: 20, high: 2_000 },
  surge: { low: 150, high: 700 },
} as const satisfies Record<WorkloadName, { low: number; high: number }>;

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
  const { low, high } = rates[options.name];
  const scale = (options.ratePerSecond ?? meanRate(options.name)) / meanRate(options.name);
  const ratePerSecond = logUniform(low * scale, high * scale);
  return {
    phases: (random) =>
      options.name === 'stable'
        ? steady(low * scale, equalShares(tasks))
        : regimes({ durationMs: regimeMs, ratePerSecond, tasks }, random),
    gap: exponential,
    profiles: options.profiles,
    durationMs: options.durationMs,
  };
}

/** Mean rate over time of a named workload at the benchmark's own rates. */
export function meanRate(name: WorkloadName): number {
  const { low, high } = rates[name];
  return low === high ? low : (high - low) / Math.log(high / low);
}
