import type { Catalogue } from '../../../src/routing/catalogue.ts';
import type { Action, Observation } from '../../../src/routing/observation.ts';
import { ladderOf, type Rung } from '../ladder.ts';

/**
 * A fleet as the paper's router sees it ("Learned Best-Effort LLM Serving", arXiv 2401.07886): the task one-hot, the
 * batch size at each model, an estimate of the arrival rate; one output per model, best model first.
 *
 * A batch size is the model's requests in flight as the ledger counts them, waiting ones included, over the replicas
 * that run the model. It and the rate enter by their logarithm, since both span three orders of magnitude.
 */
export class PaperView {
  readonly tasks: readonly string[];
  /** What the outputs stand for. */
  readonly models: readonly string[];
  readonly #replicas: readonly number[];

  constructor(catalogue: Catalogue) {
    const ladder = ladderOf(catalogue);
    this.tasks = Object.keys(catalogue.tasks);
    this.models = ladder.map(({ model }) => model);
    this.#replicas = ladder.map((rung) => replicasOf(rung, catalogue));
  }

  get inputs(): number {
    return this.tasks.length + this.models.length + 1;
  }

  /** The network's inputs. */
  state({ request, actions, arrivals }: Observation): Float32Array {
    const state = new Float32Array(this.inputs);
    state[this.tasks.indexOf(request.task)] = 1;
    const firstModel = this.tasks.length;
    for (const { variant, load } of actions) {
      const model = this.models.indexOf(variant.model);
      const inFlight = load.inFlightByVariant[variant.id] ?? 0;
      state[firstModel + model] = state[firstModel + model]! + inFlight / this.#replicas[model]!;
    }
    for (let input = firstModel; input < state.length - 1; input += 1)
      state[input] = magnitude(state[input]!);
    state[state.length - 1] = magnitude(arrivals.fastPerSecond);
    return state;
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

/** Servers that run a model. */
function replicasOf({ variants }: Rung, { endpoints }: Catalogue): number {
  const hosts = new Set(variants.map(({ endpoint }) => endpoint));
  return endpoints.reduce((sum, { id, replicas }) => sum + (hosts.has(id) ? replicas : 0), 0);
}

/** 0 for none, 1 for 9, 2 for 99, 3 for 999. */
function magnitude(count: number): number {
  return Math.log10(1 + count);
}
