import { compete } from '../arena/contender.ts';
import type { Fleet } from '../arena/fleet.ts';
import { loadFleet } from '../evaluate/load-fleet.ts';
import { type ParameterValues, type TunableName, tunables } from '../rivals/tunable.ts';
import { loadWorkload, type Workload } from '../workloads/load.ts';
import type { WorkloadRequest } from '../workloads/request.ts';

/** What is tuned for what. Plain data: it goes to the workers. */
export interface TuningTask {
  readonly scorer: TunableName;
  readonly fleet: string;
  readonly workload: string;
  readonly durationMs: number;
}

/** Utility of parameter values on one seed's requests. */
export class Objective {
  readonly fleet: Fleet;
  readonly workload: Workload;
  readonly #scorer: TunableName;
  /** The requests of the training seeds, which every point is tried on. */
  readonly #requests = new Map<number, readonly WorkloadRequest[]>();

  /** @throws Error for an unknown fleet, workload or task */
  constructor({ scorer, fleet, workload, durationMs }: TuningTask) {
    this.fleet = loadFleet(fleet);
    this.#scorer = scorer;
    this.workload = loadWorkload(workload, { tasks: Object.keys(this.fleet.catalogue.tasks), durationMs });
  }

  utility(values: ParameterValues, seed: number): number {
    const contender = {
      name: this.#scorer,
      arrange: (fleet: Fleet) => fleet,
      scorer: ({ catalogue }: Fleet, random: () => number) =>
        tunables[this.#scorer].scorer(catalogue, values, random),
    };
    return compete(contender, this.fleet, this.#requestsOf(seed), seed).utility;
  }

  #requestsOf(seed: number): readonly WorkloadRequest[] {
    let requests = this.#requests.get(seed);
    if (requests === undefined) {
      requests = [...this.workload.requests(seed)];
      this.#requests.set(seed, requests);
    }
    return requests;
  }
}
