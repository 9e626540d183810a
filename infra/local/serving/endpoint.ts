import { coefficientsNamed } from '../../../policy/simulator/coefficients.ts';
import type { EndpointDefinition, ModelDefinition } from '../definition.ts';
import type { Answer } from '../generation/answer.ts';
import { RefusedError } from '../wire/refusal.ts';
import { EmissionQueue, type Emissions } from './emissions.ts';
import { Replica, type ReplicaLoad } from './replica.ts';
import type { Timeline } from './timeline.ts';

/** Enough that only overload meets it, little enough that overload is seen: four full batches. */
const defaultMaxWaitingPerReplica = 512;

/**
 * The replicas behind one address. A request goes to the one with the fewest outstanding requests, the first of
 * equals, as SageMaker's LEAST_OUTSTANDING_REQUESTS does.
 */
export class Endpoint {
  readonly definition: EndpointDefinition;
  readonly #replicas: readonly Replica[];
  readonly #maxWaiting: number;
  readonly #timeline: Timeline;
  #lastSequence = 0;

  /** @throws RangeError for a model whose coefficients are not known, or whose context does not fit its GPU. */
  constructor(definition: EndpointDefinition, timeline: Timeline, speed: number) {
    this.definition = definition;
    this.#timeline = timeline;
    this.#maxWaiting = definition.maxWaitingPerReplica ?? defaultMaxWaitingPerReplica;
    for (const model of definition.models) requireRoom(model);
    const coefficients = definition.models.map((model) => model.coefficients);
    this.#replicas = Array.from(
      { length: definition.replicas },
      () => new Replica(coefficients, timeline, speed),
    );
  }

  /** The time on the timeline of its GPUs. */
  get nowMs(): number {
    return this.#timeline.now();
  }

  /** What runs and waits now, of one model on all replicas, or of all models. */
  load(model?: ModelDefinition): ReplicaLoad {
    const engines = model ? [this.#engineOf(model)] : this.definition.models.keys();
    const loads = [...engines].flatMap((engine) => this.#replicas.map((replica) => replica.load(engine)));
    return {
      running: sum(loads.map((load) => load.running)),
      waiting: sum(loads.map((load) => load.waiting)),
      kvTokensUsed: sum(loads.map((load) => load.kvTokensUsed)),
    };
  }

  /**
   * Computes an answer, a sequence for each choice. Aborting frees what it holds and ends the emissions.
   * @throws RefusedError `overloaded` when the replica with the least to do has its queue full.
   */
  generate(answer: Answer, model: ModelDefinition, signal: AbortSignal): Emissions {
    const engine = this.#engineOf(model);
    const replica = this.#leastOutstanding();
    if (replica.load(engine).waiting >= this.#maxWaiting) throw new RefusedError({ kind: 'overloaded' });
    const queue = new EmissionQueue();
    let unfinished = answer.choices.length;
    const sequences = answer.choices.map((choice) => ({
      id: ++this.#lastSequence,
      promptTokens: answer.promptTokens,
      outputTokens: choice.pieces.length,
      token: (atMs: number) => queue.push({ choice: choice.index, atMs }),
      finished: () => {
        unfinished -= 1;
        if (unfinished === 0) queue.end();
      },
    }));
    replica.submit(engine, sequences);
    onAbort(signal, () => {
      for (const { id } of sequences) replica.abort(id);
      queue.end();
    });
    return queue;
  }

  stop(): void {
    for (const replica of this.#replicas) replica.stop();
  }

  #leastOutstanding(): Replica {
    return this.#replicas.reduce((best, each) => (each.outstanding < best.outstanding ? each : best));
  }

  #engineOf(model: ModelDefinition): number {
    return this.definition.models.indexOf(model);
  }
}

/** A server does not even start with a context it could not hold; then no request can be too long for the memory. */
function requireRoom({ name, coefficients, contextTokens }: ModelDefinition): void {
  const { kvTokens } = coefficientsNamed(coefficients);
  if (contextTokens > kvTokens)
    throw new RangeError(`${name}: contextTokens ${contextTokens}, and the KV cache holds ${kvTokens}`);
}

function onAbort(signal: AbortSignal, callback: () => void): void {
  if (signal.aborted) callback();
  else signal.addEventListener('abort', callback, { once: true });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
