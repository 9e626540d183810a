import { compete } from '../arena/contender.ts';
import type { Fleet } from '../arena/fleet.ts';
import { loadFleet } from '../evaluate/load-fleet.ts';
import { type ParameterValues, type TunableName, withValues } from '../rivals/tunable.ts';
import { loadWorkload, type Workload } from '../workloads/load.ts';
import type { WorkloadRequest } from '../workloads/request.ts';

/** What is tuned for what. Plain data: it goes to the workers. */
export interface TuningTask {
  readonly scorer: TunableName;
  readonly fleet: string;
  readonly workload: string;
  readonly durationMs: number;
  /** Mean rates each training seed is played at; absent: the workload's own. */
  readonly ratesPerSecond?: readonly number[] | undefined;
}

/** Utility of parameter values on one seed's requests, averaged over the rates. */
export class Objective {
  readonly fleet: Fleet;
  /** What the workload is called, whatever its rate. */
  readonly workloadName: string;
  readonly #workloads: readonly Workload[];
  readonly #scorer: TunableName;
  /** The requests of the training seeds at each rate, which every point is tried on. */
  readonly #requests = new Map<number, readonly (readonly WorkloadRequest[])[]>();

  /** @throws Error for an unknown fleet, workload or task */
  constructor({ scorer, fleet, workload, durationMs, ratesPerSecond }: TuningTask) {
    this.fleet = loadFleet(fleet);
    this.#scorer = scorer;
    const tasks = Object.keys(this.fleet.catalogue.tasks);
    this.#workloads = (ratesPerSecond ?? [undefined]).map((ratePerSecond) =>
      loadWorkload(workload, { tasks, durationMs, ratePerSecond }),
    );
    this.workloadName = this.#workloads[0]!.name;
  }

  /** @throws WorkloadError for a seed that draws no request */
  check(seeds: readonly number[]): void {
    for (const workload of this.#workloads) for (const seed of seeds) workload.requests(seed);
  }

  utility(values: ParameterValues, seed: number): number {
    const contender = withValues(this.#scorer, this.#scorer, values);
    const utilities = this.#requestsOf(seed).map(
      (requests) => compete(contender, this.fleet, requests, seed).utility,
    );
    return utilities.reduce((sum, utility) => sum + utility, 0) / utilities.length;
  }

  #requestsOf(seed: number): readonly (readonly WorkloadRequest[])[] {
    let requests = this.#requests.get(seed);
    if (requests === undefined) {
      requests = this.#workloads.map((workload) => [...workload.requests(seed)]);
      this.#requests.set(seed, requests);
    }
    return requests;
  }
}
