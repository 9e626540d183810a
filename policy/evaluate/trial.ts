import type { Conditions } from '../arena/conditions.ts';
import { type Contender, compete } from '../arena/contender.ts';
import { type Fleet, totalGpus } from '../arena/fleet.ts';
import { type Measures, Scoreboard } from '../arena/measures.ts';
import { hindsightBound, hindsightEstimate } from '../bounds/hindsight-bound.ts';
import { withValues } from '../rivals/tunable.ts';
import { scenarioOf } from '../train/scenarios/scenario.ts';
import { tuneOnScenario } from '../tune/tune-on-scenario.ts';
import { loadWorkload, type Workload } from '../workloads/load.ts';
import { contenderOf } from './contender-of.ts';
import { loadFleet } from './load-fleet.ts';

/** Where scorers are compared. Plain data: it goes to the workers. */
export interface Setting {
  /** A name or a file. */
  readonly fleet: string;
  readonly workload: string;
  /** What differs from the workload's own; absent: nothing. */
  readonly durationMs?: number;
  readonly ratePerSecond?: number;
  readonly predictionSigma?: number | 'none';
  /** The workload whose tuning tuned scorers bring along; absent: this one's. */
  readonly tunedFor?: string;
  /** Absent: ideal ones. They draw from the seed of the requests, so that all scorers meet the same. */
  readonly conditions?: Conditions;
}

/** One scorer on one seed's requests. */
export interface Trial {
  readonly setting: Setting;
  readonly scorer: string;
  readonly seed: number;
}

/** What a worker is asked for: how a trial ended, or went second by second, or what no trial could exceed. */
export type Job =
  | ({ readonly kind: 'measures' | 'seconds' } & Trial)
  | ({ readonly kind: 'bounds' } & Pick<Trial, 'setting' | 'seed'>)
  | ({ readonly kind: 'unseen' } & UnseenTrial);

/** One scorer on a fleet, a load and conditions drawn at random. */
export interface UnseenTrial {
  readonly scorer: string;
  /** Of the scenario. */
  readonly seed: number;
}

/** Tuned on the very scenario, wherever `npm run tune` has been. */
const TUNED_HERE = 'shadow-price-tuned';

/** What each kind of job gives. */
export interface Results {
  readonly measures: TrialResult;
  readonly seconds: readonly Second[];
  readonly bounds: Bounds;
  readonly unseen: UnseenResult;
}

export interface TrialResult extends Measures {
  /** GPUs the contender used. */
  readonly gpus: number;
}

export interface UnseenResult extends Measures {
  /** What was drawn. */
  readonly scenario: string;
}

/** The requests that arrived within one second. */
export interface Second {
  readonly requests: number;
  readonly utility: number;
}

/** Utility nobody can exceed on these requests, and what might be reachable; see policy/bounds. */
export interface Bounds {
  readonly bound: number;
  readonly estimate: number;
}

/** Does jobs. Fleets and workloads are read once. */
export class Arena {
  readonly #fleets = new Map<string, Fleet>();
  readonly #workloads = new Map<string, Workload>();

  /** @throws CommandError */
  fleet(nameOrFile: string): Fleet {
    return kept(this.#fleets, nameOrFile, () => loadFleet(nameOrFile));
  }

  /** @throws WorkloadError, CsvError, CommandError for an unknown fleet */
  workload(setting: Setting): Workload {
    const { fleet, workload, conditions: _, tunedFor: __, ...changes } = setting;
    return kept(this.#workloads, JSON.stringify({ fleet, workload, ...changes }), () =>
      loadWorkload(workload, { ...changes, tasks: Object.keys(this.fleet(fleet).catalogue.tasks) }),
    );
  }

  async run(job: Job): Promise<Results[Job['kind']]> {
    switch (job.kind) {
      case 'measures':
        return this.measures(job);
      case 'seconds':
        return this.seconds(job);
      case 'bounds':
        return this.bounds(job);
      case 'unseen':
        return this.unseen(job);
    }
  }

  measures({ setting, scorer, seed }: Trial): TrialResult {
    const { fleet, workload, contender } = this.#entered(setting, scorer);
    const measures = compete(contender, fleet, workload.requests(seed), seed, setting.conditions);
    return { ...measures, gpus: totalGpus(contender.arrange(fleet)) };
  }

  seconds({ setting, scorer, seed }: Trial): Second[] {
    const { fleet, workload, contender } = this.#entered(setting, scorer);
    const boards = Array.from(
      { length: Math.ceil(workload.durationMs / 1000) },
      () => new Scoreboard(fleet.catalogue),
    );
    compete(contender, fleet, workload.requests(seed), seed, setting.conditions, (outcome) =>
      boards[Math.floor(outcome.request.arrivalMs / 1000)]!.add(outcome),
    );
    return boards.map((board) => {
      const { requests, utility } = board.measures();
      return { requests, utility };
    });
  }

  async bounds({ setting, seed }: Pick<Trial, 'setting' | 'seed'>): Promise<Bounds> {
    const fleet = this.fleet(setting.fleet);
    const requests = [...this.workload(setting).requests(seed)];
    const [bound, estimate] = await Promise.all([
      hindsightBound(fleet, requests),
      hindsightEstimate(fleet, requests),
    ]);
    return { bound: bound.utility, estimate: estimate.utility };
  }

  unseen({ scorer, seed }: UnseenTrial): UnseenResult {
    const { name, fleet, requests, conditions } = scenarioOf(seed);
    const contender =
      scorer === TUNED_HERE
        ? withValues(scorer, 'shadow-price', tuneOnScenario('shadow-price', seed))
        : contenderOf(scorer, { fleet, workload: 'unseen' });
    return { ...compete(contender, fleet, requests, seed, conditions), scenario: name };
  }

  /** A scorer with where it competes. */
  #entered(setting: Setting, scorer: string): { fleet: Fleet; workload: Workload; contender: Contender } {
    const fleet = this.fleet(setting.fleet);
    const workload = this.workload(setting);
    const contender = contenderOf(scorer, { fleet, workload: setting.tunedFor ?? workload.name });
    return { fleet, workload, contender };
  }
}

function kept<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
