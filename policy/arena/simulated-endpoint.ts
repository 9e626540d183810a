import type { Endpoint, Variant } from '../../src/routing/catalogue.ts';
import { Engine } from '../simulator/engine.ts';
import { Gpu } from '../simulator/gpu.ts';
import { GpuTimeline, type TimelineListener } from '../simulator/gpu-timeline.ts';
import { type Fleet, variantsOn } from './fleet.ts';

/** One request as an endpoint sees it. */
export interface Job {
  readonly id: number;
  readonly variant: Variant;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

interface Replica {
  readonly timeline: GpuTimeline;
  /** One engine per variant. */
  readonly engines: ReadonlyMap<string, Engine>;
  outstanding: number;
}

/**
 * An endpoint's GPUs: every replica hosts all its variants, and a request goes to the replica with the fewest
 * outstanding ones, as SageMaker's least-outstanding-requests routing does.
 */
export class SimulatedEndpoint {
  readonly #replicas: readonly Replica[];
  readonly #placed = new Map<number, Replica>();
  readonly #listener: TimelineListener;

  constructor(fleet: Fleet, endpoint: Endpoint, listener: TimelineListener) {
    const variants = variantsOn(fleet.catalogue, endpoint);
    this.#replicas = Array.from({ length: endpoint.replicas }, () => replicaOf(fleet, variants));
    this.#listener = {
      firstToken: (id, atMs) => listener.firstToken(id, atMs),
      finished: (id, atMs) => {
        this.#placed.get(id)!.outstanding -= 1;
        this.#placed.delete(id);
        listener.finished(id, atMs);
      },
    };
  }

  /** Submits a job now, at the time the endpoint was last run to. */
  submit({ id, variant, promptTokens, outputTokens }: Job): void {
    let replica = this.#replicas[0]!;
    for (const other of this.#replicas) if (other.outstanding < replica.outstanding) replica = other;
    replica.engines.get(variant.id)!.submit({ id, promptTokens, outputTokens });
    replica.outstanding += 1;
    this.#placed.set(id, replica);
  }

  /** When something next happens here, if nothing is submitted before. */
  nextMs(): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { timeline } of this.#replicas) nextMs = Math.min(nextMs, timeline.lookAhead());
    return nextMs;
  }

  run(untilMs: number): void {
    for (const { timeline } of this.#replicas) timeline.run(untilMs, this.#listener);
  }
}

function replicaOf(fleet: Fleet, variants: readonly Variant[]): Replica {
  const engines = new Map(
    variants.map(({ id }) => {
      const { coefficients, maxNumSeqs, overheadMs, kvTokens } = fleet.hardware.get(id)!;
      const options = {
        coefficients,
        maxNumSeqs,
        ...(overheadMs === undefined ? {} : { overheadMs }),
        ...(kvTokens === undefined ? {} : { kvTokens }),
      };
      return [id, new Engine(options)];
    }),
  );
  return { timeline: new GpuTimeline(new Gpu([...engines.values()])), engines, outstanding: 0 };
}
