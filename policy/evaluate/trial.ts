import { compete } from '../arena/contender.ts';
import { type Fleet, totalGpus } from '../arena/fleet.ts';
import type { Measures } from '../arena/measures.ts';
import { loadWorkload, type Workload } from '../workloads/load.ts';
import { contenderOf } from './contender-of.ts';
import { loadFleet } from './load-fleet.ts';

/** Where scorers are compared. Plain data: it goes to the workers and into the state file. */
export interface Setting {
  /** A name or a file. */
  readonly fleet: string;
  readonly workload: string;
  /** What differs from the workload's own; absent: nothing. */
  readonly durationMs?: number;
  readonly ratePerSecond?: number;
  readonly predictionSigma?: number | 'none';
}

/** One run of the arena: the unit of work. */
export interface Trial {
  readonly setting: Setting;
  readonly scorer: string;
  readonly seed: number;
}

export interface TrialResult extends Measures {
  /** GPUs the contender used. */
  readonly gpus: number;
}

/** Runs trials. Fleets and workloads are read once. */
export class Arena {
  readonly #fleets = new Map<string, Fleet>();
  readonly #workloads = new Map<string, Workload>();

  /** @throws CommandError */
  fleet(nameOrFile: string): Fleet {
    return kept(this.#fleets, nameOrFile, () => loadFleet(nameOrFile));
  }

  /** @throws WorkloadError, CsvError, CommandError for an unknown fleet */
  workload(setting: Setting): Workload {
    const { fleet, workload, ...changes } = setting;
    return kept(this.#workloads, JSON.stringify(setting), () =>
      loadWorkload(workload, { ...changes, tasks: Object.keys(this.fleet(fleet).catalogue.tasks) }),
    );
  }

  run({ setting, scorer, seed }: Trial): TrialResult {
    const fleet = this.fleet(setting.fleet);
    const workload = this.workload(setting);
    const contender = contenderOf(scorer, { fleet, workload: workload.name });
    const measures = compete(contender, fleet, workload.requests(seed), seed);
    return { ...measures, gpus: totalGpus(contender.arrange(fleet)) };
  }
}

function kept<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
