import type { Catalogue, Endpoint } from '../../../src/routing/catalogue.ts';
import type { Action, Observation } from '../../../src/routing/observation.ts';
import { ladderOf } from '../ladder.ts';

/** A rate that maps to an input of 1. */
const UNIT_RATE = 1_000;

/**
 * A fleet as the paper's router sees it ("Learned Best-Effort LLM Serving", arXiv 2401.07886): the task one-hot, the
 * batch size at each model, an estimate of the arrival rate; one output per model, best model first.
 *
 * A batch size is the number of requests in flight per replica, as the ledger counts them: of an endpoint, since it
 * tells no models of one endpoint apart. Endpoints that host the same models stand in the order of their load, as it
 * does not matter which of them is which. Counts and the rate enter by their logarithm.
 */
export class PaperView {
  readonly tasks: readonly string[];
  /** What the outputs stand for. */
  readonly models: readonly string[];
  readonly #groups: readonly (readonly Endpoint[])[];

  constructor(catalogue: Catalogue) {
    this.tasks = Object.keys(catalogue.tasks);
    this.models = ladderOf(catalogue).map(({ model }) => model);
    this.#groups = interchangeable(catalogue);
  }

  get inputs(): number {
    return this.tasks.length + this.#groups.flat().length + 1;
  }

  /** The network's inputs. */
  state({ request, actions, arrivals }: Observation): Float32Array {
    const inputs: number[] = this.tasks.map((task) => (task === request.task ? 1 : 0));
    const batches = new Map(
      actions.map(({ endpoint, load }) => [endpoint.id, load.inFlight / endpoint.replicas]),
    );
    for (const endpoints of this.#groups) {
      const own = endpoints.map((endpoint) => {
        const full = endpoint.maxInFlightPerReplica;
        return Math.log1p(batches.get(endpoint.id)!) / Math.log1p(full);
      });
      inputs.push(...own.sort((a, b) => a - b));
    }
    inputs.push(Math.log1p(arrivals.fastPerSecond) / Math.log1p(UNIT_RATE));
    return Float32Array.from(inputs);
  }

  /** Per model whether any of its variants may be chosen. */
  mask({ actions }: Observation): boolean[] {
    return this.models.map((model) => actions.some((action) => mayServe(action, model)));
  }

  /** The action a model stands for: its variant on the least loaded endpoint. */
  action({ actions }: Observation, model: number): number {
    const name = this.models[model]!;
    let best = -1;
    for (const [index, action] of actions.entries())
      if (mayServe(action, name) && (best < 0 || action.occupancy < actions[best]!.occupancy)) best = index;
    return best;
  }
}

function mayServe({ masked, variant }: Action, model: string): boolean {
  return masked === undefined && variant.model === model;
}

/** Endpoints by the models they host, in the catalogue's order. */
function interchangeable({ endpoints, variants }: Catalogue): Endpoint[][] {
  const groups = new Map<string, Endpoint[]>();
  for (const endpoint of endpoints) {
    const hosted = variants.filter((variant) => variant.endpoint === endpoint.id).map(({ model }) => model);
    const key = JSON.stringify([hosted.sort(), endpoint.replicas, endpoint.maxInFlightPerReplica]);
    groups.set(key, [...(groups.get(key) ?? []), endpoint]);
  }
  return [...groups.values()];
}
