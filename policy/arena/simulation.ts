import type { Random } from '../../src/platform/random.ts';
import type { Answer, Settlement } from '../../src/pool/lease.ts';
import { Ledger } from '../../src/pool/ledger.ts';
import type { Slo, Task, Variant } from '../../src/routing/catalogue.ts';
import { type Observation, observe, type RoutingRequest } from '../../src/routing/observation.ts';
import { rank } from '../../src/routing/rank.ts';
import type { SyncScorer } from '../../src/routing/scorer.ts';
import { isOnTime } from '../../src/routing/slo.ts';
import type { PoolSnapshot } from '../../src/routing/snapshot.ts';
import type { WorkloadRequest } from '../workloads/request.ts';
import { type Conditions, idealConditions } from './conditions.ts';
import { EventQueue, rankOf } from './event-queue.ts';
import type { Fleet } from './fleet.ts';
import { SimulatedEndpoint } from './simulated-endpoint.ts';

export interface SimulationOptions {
  readonly fleet: Fleet;
  /** In order of arrival. */
  readonly requests: Iterable<WorkloadRequest>;
  readonly scorer: SyncScorer;
  readonly random: Random;
  readonly conditions?: Conditions;
}

/** How one request ended, with the times its client saw. */
export type Outcome = { readonly request: WorkloadRequest } & (
  | {
      readonly kind: 'served';
      readonly variant: Variant;
      readonly ttftMs: number;
      readonly tpotMs: number | undefined;
      readonly e2eMs: number;
      readonly onTime: boolean;
    }
  | { readonly kind: 'shed' }
  | { readonly kind: 'failed' }
);

/** Where every request that has arrived is. Their sum never changes but by arrivals. */
export interface Tally {
  arrived: number;
  served: number;
  shed: number;
  failed: number;
  inFlight: number;
}

/** One request on its way. */
interface Journey {
  readonly id: number;
  readonly request: WorkloadRequest;
  readonly routing: RoutingRequest;
  readonly edge: Edge;
  readonly slo: Slo;
  attempts: number;
  ranking: readonly Variant[];
  expectedOutputTokens: number;
  variant: Variant | undefined;
  dispatchedAtMs: number;
  firstTokenAtMs: number;
}

/** An isolate: all it knows of the pool is the newest snapshot it was sent. */
interface Edge {
  snapshot: PoolSnapshot | undefined;
  receivedAtMs: number;
}

/** Endpoints tried for one request, as in the gateway. */
const MOST_ATTEMPTS = 4;
const noNeeds: RoutingRequest['needs'] = new Set();

/**
 * The pool under a simulated clock: production's observation, scorer, ranking and ledger, with modelled GPUs, and
 * messages that take the time the conditions give them. The same seed gives the same run.
 */
export class Simulation {
  readonly tally: Tally = { arrived: 0, served: 0, shed: 0, failed: 0, inFlight: 0 };
  readonly ledger: Ledger;
  readonly #options: SimulationOptions;
  readonly #conditions: Conditions;
  readonly #events = new EventQueue();
  readonly #endpoints: readonly SimulatedEndpoint[];
  readonly #endpointOf: ReadonlyMap<string, SimulatedEndpoint>;
  readonly #edges: readonly Edge[];
  readonly #atEndpoints = new Map<number, Journey>();
  readonly #onOutcome: (outcome: Outcome) => void;
  #nowMs = 0;

  constructor(options: SimulationOptions, onOutcome: (outcome: Outcome) => void) {
    const { catalogue } = options.fleet;
    this.#options = options;
    this.#conditions = options.conditions ?? idealConditions;
    this.#onOutcome = onOutcome;
    this.ledger = new Ledger(catalogue, 0);
    this.#edges = Array.from({ length: this.#conditions.edges }, () => ({
      snapshot: undefined,
      receivedAtMs: 0,
    }));
    const listener = {
      firstToken: (id: number) => this.#firstToken(id),
      finished: (id: number) => this.#finished(id),
    };
    const byId = new Map(
      catalogue.endpoints.map((endpoint) => [
        endpoint.id,
        new SimulatedEndpoint(options.fleet, endpoint, listener),
      ]),
    );
    this.#endpoints = [...byId.values()];
    this.#endpointOf = new Map(catalogue.variants.map(({ id, endpoint }) => [id, byId.get(endpoint)!]));
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Lets everything happen, from the first arrival to the last token. */
  run(): void {
    let id = 0;
    for (const request of this.#options.requests) {
      this.#liveUntil(request.arrivalMs);
      this.#arrive(id++, request);
    }
    this.#liveUntil(Number.POSITIVE_INFINITY);
  }

  /** What happens at one moment: steps end, then messages arrive, then requests. */
  #liveUntil(untilMs: number): void {
    for (;;) {
      let stepMs = Number.POSITIVE_INFINITY;
      for (const endpoint of this.#endpoints) stepMs = Math.min(stepMs, endpoint.nextMs());
      const nextMs = Math.min(stepMs, this.#events.nextMs);
      if (nextMs > untilMs || nextMs === Number.POSITIVE_INFINITY) break;
      this.#moveTo(nextMs);
      if (this.#events.nextMs === nextMs) this.#events.next();
    }
    if (untilMs !== Number.POSITIVE_INFINITY) this.#moveTo(untilMs);
  }

  /** Nothing happens at any GPU before `atMs`, so whatever one reports meanwhile happens at that moment. */
  #moveTo(atMs: number): void {
    this.#nowMs = atMs;
    for (const endpoint of this.#endpoints) endpoint.run(atMs);
  }

  #arrive(id: number, request: WorkloadRequest): void {
    const task = this.#taskOf(request);
    const edge =
      this.#edges.length === 1
        ? this.#edges[0]!
        : this.#edges[Math.floor(this.#options.random() * this.#edges.length)]!;
    const journey: Journey = {
      id,
      request,
      routing: routingRequest(request, task),
      edge,
      slo: task.slo,
      attempts: 0,
      ranking: [],
      expectedOutputTokens: 0,
      variant: undefined,
      dispatchedAtMs: 0,
      firstTokenAtMs: Number.NaN,
    };
    this.tally.arrived += 1;
    this.tally.inFlight += 1;
    const { snapshotMaxAgeMs, edgeToLedgerMs } = this.#conditions;
    if (snapshotMaxAgeMs === 0 && edgeToLedgerMs === 0) {
      this.#keep(edge, this.ledger.snapshot(this.#nowMs));
    } else if (edge.snapshot === undefined || this.#nowMs - edge.receivedAtMs > snapshotMaxAgeMs) {
      this.#askLedger(
        edge,
        () => this.ledger.snapshot(this.#nowMs),
        () => this.#decide(journey),
      );
      return;
    }
    this.#decide(journey);
  }

  #decide(journey: Journey): void {
    const { fleet, scorer, random } = this.#options;
    const { edge, request } = journey;
    const observation: Observation = observe(fleet.catalogue, edge.snapshot!, journey.routing, {
      snapshotAgeMs: this.#nowMs - edge.receivedAtMs,
      elapsedMs: this.#nowMs - request.arrivalMs,
    });
    journey.expectedOutputTokens = observation.length.tokens;
    journey.ranking = rank(observation, scorer.score(observation), random).map(
      ({ action }) => action.variant,
    );
    this.#attempt(journey);
  }

  #attempt(journey: Journey): void {
    if (journey.ranking.length === 0 || journey.attempts === MOST_ATTEMPTS) {
      this.#end(journey, journey.attempts === 0 ? 'shed' : 'failed');
      return;
    }
    const number = journey.attempts++;
    let answer: Answer;
    this.#askLedger(
      journey.edge,
      () => {
        answer = this.#acquire(journey, number);
        return answer.snapshot;
      },
      () => {
        if (answer.kind === 'refused') this.#end(journey, number === 0 ? 'shed' : 'failed');
        else this.#dispatch(journey, answer.variant);
      },
    );
  }

  #acquire(journey: Journey, number: number): Answer {
    return this.ledger.acquire(
      {
        leaseId: `${journey.id}.${number}`,
        ranking: journey.ranking.map(({ id }) => id),
        task: journey.request.task,
        class: journey.routing.class,
        promptTokens: journey.request.promptTokens,
        expectedOutputTokens: journey.expectedOutputTokens,
        streams: true,
        arrives: number === 0,
      },
      this.#nowMs,
    );
  }

  #dispatch(journey: Journey, variantId: string): void {
    const variant = journey.ranking.find(({ id }) => id === variantId)!;
    journey.variant = variant;
    journey.dispatchedAtMs = this.#nowMs;
    const { edgeToEndpointMs } = this.#conditions;
    this.#after(edgeToEndpointMs, () => {
      const fault = this.#conditions.faultAt(variant.endpoint, this.#nowMs);
      if (fault !== undefined) {
        this.#after(edgeToEndpointMs, () => this.#moveOn(journey, fault));
        return;
      }
      this.#atEndpoints.set(journey.id, journey);
      const { promptTokens, outputTokens } = journey.request;
      this.#endpointOf.get(variant.id)!.submit({ id: journey.id, variant, promptTokens, outputTokens });
    });
  }

  /** The endpoint turned the request down: its lease ends, and the next endpoint is tried. */
  #moveOn(journey: Journey, outcome: Settlement['outcome']): void {
    this.#settle(journey, outcome);
    const failed = journey.variant!.endpoint;
    journey.ranking = journey.ranking.filter(({ endpoint }) => endpoint !== failed);
    this.#attempt(journey);
  }

  #firstToken(id: number): void {
    const journey = this.#atEndpoints.get(id)!;
    this.#after(this.#conditions.edgeToEndpointMs, () => {
      journey.firstTokenAtMs = this.#nowMs;
      const leaseId = leaseOf(journey);
      const ttftMs = this.#nowMs - journey.dispatchedAtMs;
      this.#tellLedger(journey.edge, () => this.ledger.firstToken(leaseId, ttftMs, this.#nowMs));
    });
  }

  #finished(id: number): void {
    const journey = this.#atEndpoints.get(id)!;
    this.#atEndpoints.delete(id);
    this.#after(this.#conditions.edgeToEndpointMs, () => {
      const { request, dispatchedAtMs, firstTokenAtMs } = journey;
      const outputTokens = request.outputTokens;
      this.#settle(journey, {
        kind: 'served',
        outputTokens,
        e2eMs: this.#nowMs - dispatchedAtMs,
        ttftMs: firstTokenAtMs - dispatchedAtMs,
      });
      const ttftMs = firstTokenAtMs - request.arrivalMs;
      const e2eMs = this.#nowMs - request.arrivalMs;
      const tpotMs = outputTokens > 1 ? (e2eMs - ttftMs) / (outputTokens - 1) : undefined;
      const onTime = isOnTime(journey.slo, { ttftMs, tpotMs, e2eMs });
      this.#count('served');
      this.#onOutcome({ request, kind: 'served', variant: journey.variant!, ttftMs, tpotMs, e2eMs, onTime });
    });
  }

  #settle(journey: Journey, outcome: Settlement['outcome']): void {
    const { lostSettleShare } = this.#conditions;
    if (lostSettleShare > 0 && this.#options.random() < lostSettleShare) return;
    const leaseId = leaseOf(journey);
    this.#tellLedger(journey.edge, () => this.ledger.settle({ leaseId, outcome }, this.#nowMs));
  }

  #end(journey: Journey, kind: 'shed' | 'failed'): void {
    this.#count(kind);
    this.#onOutcome({ request: journey.request, kind });
  }

  #count(kind: 'served' | 'shed' | 'failed'): void {
    this.tally[kind] += 1;
    this.tally.inFlight -= 1;
  }

  /** A question to the ledger and its answer's way back; every answer carries the newest snapshot. */
  #askLedger(edge: Edge, ask: () => PoolSnapshot, then: () => void): void {
    const { edgeToLedgerMs } = this.#conditions;
    this.#after(edgeToLedgerMs, () => {
      const snapshot = ask();
      this.#after(edgeToLedgerMs, () => {
        this.#keep(edge, snapshot);
        then();
      });
    });
  }

  /** A report to the ledger, whose answer nobody waits for. */
  #tellLedger(edge: Edge, tell: () => void): void {
    const { edgeToLedgerMs, snapshotMaxAgeMs } = this.#conditions;
    this.#after(edgeToLedgerMs, () => {
      tell();
      // Where snapshots are taken anew for every decision, nobody looks at this one.
      if (snapshotMaxAgeMs === 0 && edgeToLedgerMs === 0) return;
      const snapshot = this.ledger.snapshot(this.#nowMs);
      this.#after(edgeToLedgerMs, () => this.#keep(edge, snapshot));
    });
  }

  #keep(edge: Edge, snapshot: PoolSnapshot): void {
    if (edge.snapshot !== undefined && snapshot.revision < edge.snapshot.revision) return;
    edge.snapshot = snapshot;
    edge.receivedAtMs = this.#nowMs;
  }

  #after(delayMs: number, happen: () => void): void {
    if (delayMs === 0) happen();
    else this.#events.schedule(this.#nowMs + delayMs, rankOf.message, happen);
  }

  #taskOf({ task }: WorkloadRequest): Task {
    const found = this.#options.fleet.catalogue.tasks[task];
    if (found !== undefined) return found;
    const known = Object.keys(this.#options.fleet.catalogue.tasks).join(', ');
    throw new Error(`workload: no task "${task}" in ${this.#options.fleet.name}; known: ${known}`);
  }
}

function leaseOf({ id, attempts }: Journey): string {
  return `${id}.${attempts - 1}`;
}

function routingRequest(request: WorkloadRequest, task: Task): RoutingRequest {
  return {
    task: request.task,
    class: request.class ?? task.class,
    slo: task.slo,
    minQuality: task.minQuality,
    minTier: 0,
    promptTokens: request.promptTokens,
    predictedOutputTokens: request.predictedOutputTokens,
    needs: noNeeds,
  };
}
