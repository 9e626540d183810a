import type { Endpoint, Variant } from '../../src/routing/catalogue.ts';
import type { TimelineListener } from '../simulator/gpu-timeline.ts';
import { type Fleet, variantsOn } from './fleet.ts';
import type { Gate, Refusal } from './gate.ts';
import { type ColdStart, type Job, SimulatedReplica } from './simulated-replica.ts';

/** Told of what the edges will notice. */
export interface EndpointListener extends TimelineListener {
  /** A request that had been accepted is lost. */
  lost(id: number): void;
}

/** `starting`: bought, not yet there; `draining`: finishes what it has; `down`: failed, by one fault or several. */
type ReplicaState = 'starting' | 'serving' | 'draining' | 'down';

interface Place {
  readonly server: SimulatedReplica;
  state: ReplicaState;
  /** Faults that keep it down. */
  downs: number;
}

/**
 * An endpoint: gates, then replicas that each host all its variants. A request goes to the replica with the fewest
 * outstanding ones, as SageMaker's least-outstanding-requests routing does.
 */
export class SimulatedEndpoint {
  readonly id: string;
  readonly #fleet: Fleet;
  readonly #variants: readonly Variant[];
  readonly #listener: EndpointListener;
  readonly #coldStart: ColdStart | undefined;
  readonly #gates = new Set<Gate>();
  #places: Place[];
  /** Faults that keep it out of reach. */
  #outages = 0;

  /** @param replicas how many serve at the start; by default the catalogue's */
  constructor(
    fleet: Fleet,
    endpoint: Endpoint,
    listener: EndpointListener,
    {
      coldStart,
      replicas = endpoint.replicas,
    }: { coldStart?: ColdStart | undefined; replicas?: number } = {},
  ) {
    this.id = endpoint.id;
    this.#fleet = fleet;
    this.#variants = variantsOn(fleet.catalogue, endpoint);
    this.#coldStart = coldStart;
    this.#listener = listener;
    this.#places = Array.from({ length: replicas }, () => this.#place(0, 'serving'));
  }

  /**
   * Hands a request over, now.
   * @returns undefined when a replica has taken it, otherwise what the endpoint answers instead
   */
  offer(job: Job, nowMs: number): Refusal | undefined {
    if (this.#outages > 0) return { kind: 'unavailable' };
    for (const gate of this.#gates) {
      const refusal = gate.refusal(nowMs);
      if (refusal !== undefined) return refusal;
    }
    const replica = this.#leastOutstanding();
    if (replica === undefined) return { kind: 'unavailable' };
    replica.submit(job, nowMs);
    return undefined;
  }

  /** Forgets a request; an unknown one is ignored. */
  abort(id: number, nowMs: number): void {
    for (const { server } of this.#places) server.abort(id, nowMs);
  }

  nextMs(): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { server } of this.#places) nextMs = Math.min(nextMs, server.nextMs());
    return nextMs;
  }

  run(untilMs: number): void {
    for (const { server } of this.#places) server.run(untilMs);
  }

  addGate(gate: Gate): void {
    this.#gates.add(gate);
  }

  removeGate(gate: Gate): void {
    this.#gates.delete(gate);
  }

  /** Nobody is there any more, and whatever ran is lost. */
  beginOutage(nowMs: number): void {
    this.#outages += 1;
    for (const place of this.#places) this.#lose(place, nowMs);
  }

  endOutage(): void {
    this.#outages -= 1;
  }

  /** The replica's server, as long as there is one. */
  replica(index: number): SimulatedReplica | undefined {
    return this.#places[index]?.server;
  }

  /**
   * What runs on the replica is lost; the others serve on. A replica that is not there yet cannot fail, one that drains
   * does not come back.
   * @returns what to restore
   */
  failReplica(index: number, nowMs: number): SimulatedReplica | undefined {
    const place = this.#places[index];
    if (place === undefined || place.state === 'starting') return undefined;
    this.#lose(place, nowMs);
    if (place.state === 'draining') return undefined;
    place.downs += 1;
    place.state = 'down';
    return place.server;
  }

  /** Takes back one `failReplica`; the replica comes back cold. */
  restoreReplica(server: SimulatedReplica): void {
    const place = this.#places.find((candidate) => candidate.server === server);
    if (place === undefined) return;
    place.downs -= 1;
    if (place.downs > 0) return;
    place.state = 'serving';
    server.chill();
  }

  count(state: ReplicaState): number {
    return this.#places.reduce((sum, place) => sum + (place.state === state ? 1 : 0), 0);
  }

  /** Buys a replica, which serves from `enter` on. */
  startReplica(nowMs: number): SimulatedReplica {
    const place = this.#place(nowMs, 'starting');
    this.#places.push(place);
    return place.server;
  }

  enter(server: SimulatedReplica): void {
    const place = this.#places.find((candidate) => candidate.server === server);
    if (place !== undefined) place.state = 'serving';
  }

  /** The youngest serving replica takes nothing new, and goes once it has finished. */
  drainReplica(): void {
    const place = this.#places.findLast(({ state }) => state === 'serving');
    if (place !== undefined) place.state = 'draining';
  }

  dropDrained(): void {
    this.#places = this.#places.filter(({ state, server }) => state !== 'draining' || server.outstanding > 0);
  }

  get outstanding(): number {
    return this.#places.reduce((sum, { server }) => sum + server.outstanding, 0);
  }

  #leastOutstanding(): SimulatedReplica | undefined {
    let least: SimulatedReplica | undefined;
    for (const { state, server } of this.#places)
      if (state === 'serving' && (least === undefined || server.outstanding < least.outstanding))
        least = server;
    return least;
  }

  #lose({ server }: Place, nowMs: number): void {
    for (const id of server.abortAll(nowMs)) this.#listener.lost(id);
  }

  #place(nowMs: number, state: ReplicaState): Place {
    const options = { nowMs, warm: state === 'serving', coldStart: this.#coldStart };
    const server = new SimulatedReplica(this.#fleet, this.#variants, this.#listener, options);
    return { server, state, downs: 0 };
  }
}
