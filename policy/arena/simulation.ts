import { limits } from '../../src/limits.ts';
import type { Random } from '../../src/platform/random.ts';
import type { Place, Settlement } from '../../src/pool/lease.ts';
import type { Ledger } from '../../src/pool/ledger.ts';
import { toOutcome } from '../../src/pool/outcome.ts';
import type { Task, Variant } from '../../src/routing/catalogue.ts';
import { type BackendFailure, mayTry } from '../../src/routing/failure.ts';
import { type Action, type Observation, observe } from '../../src/routing/observation.ts';
import { rank } from '../../src/routing/rank.ts';
import type { SyncScorer } from '../../src/routing/scorer.ts';
import { isOnTime } from '../../src/routing/slo.ts';
import type { WorkloadRequest } from '../workloads/request.ts';
import { Agenda } from './agenda.ts';
import { type Conditions, idealConditions } from './conditions.ts';
import { delaysOf } from './delay.ts';
import { EndpointLink } from './endpoint-link.ts';
import type { Fleet } from './fleet.ts';
import { type Attempt, answerTokens, type Journey, journeyOf, streams } from './journey.ts';
import { LedgerLink } from './ledger-link.ts';
import { streamNamed } from './streams.ts';
import { scheduleFaults } from './trouble.ts';

export interface SimulationOptions {
  readonly fleet: Fleet;
  /** In order of arrival. */
  readonly requests: Iterable<WorkloadRequest>;
  /** Absent: every decision waits in `pending` until `decide` is told the scores. */
  readonly scorer?: SyncScorer;
  /** Breaks ties of the ranking. */
  readonly random: Random;
  readonly conditions?: Conditions;
  /** Of all that the conditions draw: whoever routes meets the same faults with the same seed. */
  readonly conditionsSeed?: number;
}

/** A request that waits to be told where to go. */
export interface Decision {
  /** Its number in order of arrival, from 0 on; its outcome bears the same. */
  readonly id: number;
  readonly observation: Observation;
}

/** How one request ended, with the times its client saw. */
export type Outcome = { readonly id: number; readonly request: WorkloadRequest } & (
  | {
      readonly kind: 'served';
      readonly variant: Variant;
      /** Absent for an answer that came as a whole. */
      readonly ttftMs: number | undefined;
      readonly tpotMs: number | undefined;
      readonly e2eMs: number;
      readonly onTime: boolean;
    }
  | { readonly kind: 'shed' }
  | { readonly kind: 'failed' }
  /** Its client hung up. */
  | { readonly kind: 'left' }
);

/** Where every request that has arrived is. Their sum never changes but by arrivals. */
export interface Tally {
  arrived: number;
  served: number;
  shed: number;
  failed: number;
  left: number;
  inFlight: number;
}

/**
 * The pool under a simulated clock: production's observation, scorer, ranking, retries and ledger, with modelled GPUs,
 * and messages that take the time the conditions give them. The same seeds give the same run.
 */
export class Simulation {
  readonly tally: Tally = { arrived: 0, served: 0, shed: 0, failed: 0, left: 0, inFlight: 0 };
  readonly #options: SimulationOptions;
  readonly #agenda = new Agenda();
  readonly #ledgerLink: LedgerLink;
  readonly #endpointLink: EndpointLink;
  readonly #pickEdge: Random;
  readonly #learnsLengths: boolean;
  readonly #arrivals: Iterator<WorkloadRequest>;
  readonly #onOutcome: (outcome: Outcome) => void;
  #arriving: WorkloadRequest | undefined;
  #waiting: { readonly journey: Journey; readonly observation: Observation } | undefined;
  #attempts = 0;

  constructor(options: SimulationOptions, onOutcome: (outcome: Outcome) => void) {
    const { fleet, conditions = idealConditions, conditionsSeed: seed = 0 } = options;
    const agenda = this.#agenda;
    this.#options = options;
    this.#onOutcome = onOutcome;
    const toLedger = delaysOf(conditions.edgeToLedger, streamNamed(seed, 'edge to ledger'));
    this.#ledgerLink = new LedgerLink(fleet.catalogue, agenda, conditions, toLedger);
    const toEndpoint = delaysOf(conditions.edgeToEndpoint, streamNamed(seed, 'edge to endpoint'));
    this.#endpointLink = new EndpointLink(fleet, agenda, conditions, toEndpoint, {
      firstToken: (attempt) => this.#firstToken(attempt),
      finished: (attempt) => this.#finish(attempt),
      failed: (attempt, failure) => this.#fail(attempt, failure),
    });
    this.#pickEdge = streamNamed(seed, 'edges');
    this.#learnsLengths = conditions.lengths === 'learned';
    scheduleFaults(conditions.faults, { agenda, endpoints: this.endpoints, link: this.#ledgerLink }, seed);
    this.#arrivals = options.requests[Symbol.iterator]();
    this.#arriving = this.#nextArrival();
  }

  get nowMs(): number {
    return this.#agenda.nowMs;
  }

  get ledger(): Ledger {
    return this.#ledgerLink.ledger;
  }

  get endpoints(): EndpointLink['endpoints'] {
    return this.#endpointLink.endpoints;
  }

  /** The decision that nothing can happen before; only where no scorer was given. */
  get pending(): Decision | undefined {
    const waiting = this.#waiting;
    return waiting && { id: waiting.journey.id, observation: waiting.observation };
  }

  /** Lets everything happen, from the first arrival until every request has ended and every report arrived. */
  run(): void {
    while (this.step());
  }

  /**
   * Lets the next thing happen.
   * @returns false when every request has ended and every report arrived
   * @throws Error while a decision is pending
   */
  step(): boolean {
    if (this.#arriving === undefined && this.tally.inFlight === 0 && this.#agenda.quiet) return false;
    return this.#stepUntil(Number.POSITIVE_INFINITY);
  }

  /**
   * Decides what is pending.
   * @param scores as a scorer gives them, one per action
   * @throws Error when nothing is pending
   */
  decide(scores: ArrayLike<number>): void {
    if (this.#waiting === undefined) throw new Error('no decision is pending');
    const { journey, observation } = this.#waiting;
    this.#waiting = undefined;
    this.#route(journey, observation, scores);
  }

  /**
   * Lives on after the last request: what the conditions and the ledger do by themselves happens too.
   * @throws Error while a decision is pending
   */
  idleUntil(untilMs: number): void {
    while (this.#stepUntil(untilMs));
    this.#agenda.moveTo(Math.max(untilMs, this.nowMs));
  }

  /**
   * What happens at one moment: steps of the GPUs end, then what the agenda holds for it happens, then requests
   * arrive. The GPUs' next steps begin when all that is over.
   */
  #stepUntil(untilMs: number): boolean {
    if (this.#waiting !== undefined)
      throw new Error(`request ${this.#waiting.journey.id} waits for its decision`);
    if (this.#happenNow()) return true;
    const arrivalMs = this.#arriving?.arrivalMs ?? Number.POSITIVE_INFINITY;
    const nextMs = Math.min(this.#agenda.nextMs, arrivalMs, this.#endpointLink.nextMs());
    if (nextMs > untilMs || nextMs === Number.POSITIVE_INFINITY) return false;
    this.#agenda.moveTo(nextMs);
    this.#endpointLink.run(nextMs);
    this.#happenNow();
    return true;
  }

  #happenNow(): boolean {
    if (this.#agenda.happenNow()) return true;
    const arriving = this.#arriving;
    if (arriving === undefined || arriving.arrivalMs > this.nowMs) return false;
    this.#arriving = this.#nextArrival();
    this.#arrive(arriving);
    return true;
  }

  #nextArrival(): WorkloadRequest | undefined {
    const { done, value } = this.#arrivals.next();
    return done ? undefined : value;
  }

  #arrive(request: WorkloadRequest): void {
    const { edges } = this.#ledgerLink;
    const edge = edges.length === 1 ? edges[0]! : edges[Math.floor(this.#pickEdge() * edges.length)]!;
    const journey = journeyOf(this.tally.arrived, request, this.#taskOf(request), edge, this.#learnsLengths);
    this.tally.arrived += 1;
    this.tally.inFlight += 1;
    if (request.leavesAfterMs !== undefined)
      this.#agenda.changeAt(request.arrivalMs + request.leavesAfterMs, () => this.#leave(journey));
    this.#ledgerLink.view(edge, () => {
      if (!journey.over) this.#observe(journey);
    });
  }

  #observe(journey: Journey): void {
    const { fleet, scorer } = this.#options;
    const { snapshot, receivedAtMs } = journey.edge.held!;
    const observation = observe(fleet.catalogue, snapshot, journey.routing, {
      snapshotAgeMs: this.nowMs - receivedAtMs,
      elapsedMs: this.nowMs - journey.request.arrivalMs,
    });
    journey.expectedOutputTokens = observation.length.tokens;
    if (scorer === undefined) this.#waiting = { journey, observation };
    else this.#route(journey, observation, scorer.score(observation));
  }

  #route(journey: Journey, observation: Observation, scores: ArrayLike<number>): void {
    journey.left = rank(observation, scores, this.#options.random);
    this.#try(journey);
  }

  #try(journey: Journey): void {
    const number = journey.attempts;
    const nothingHelps = number === 0 ? 'shed' : 'failed';
    if (journey.left.length === 0 || number === limits.attempts) {
      this.#end(journey, nothingHelps);
      return;
    }
    journey.attempts += 1;
    const { request, routing, expectedOutputTokens } = journey;
    const ask = {
      leaseId: `${journey.id}.${number}`,
      ranking: journey.left.map(({ action }) => action.variant.id),
      task: request.task,
      class: routing.class,
      promptTokens: request.promptTokens,
      expectedOutputTokens,
      lengthSlots: routing.lengthSlots,
      streams: streams(request),
      arrives: number === 0,
    };
    this.#ledgerLink.acquire(journey.edge, ask, (place: Place) => {
      if (journey.over) this.#giveBack(journey, ask.leaseId, place);
      else if (place.kind === 'refused') this.#end(journey, nothingHelps);
      else this.#dispatch(journey, ask.leaseId, place.variant);
    });
  }

  #dispatch(journey: Journey, leaseId: string, variantId: string): void {
    const { action } = journey.left.find((ranked) => ranked.action.variant.id === variantId)!;
    const attempt = this.#attemptAt(journey, leaseId, action);
    journey.attempt = attempt;
    this.#endpointLink.send(attempt);
  }

  #attemptAt(journey: Journey, leaseId: string, action: Action): Attempt {
    return {
      id: this.#attempts++,
      leaseId,
      journey,
      action,
      outputTokens: answerTokens(action.variant, journey.request),
      dispatchedAtMs: this.nowMs,
      firstTokenAtMs: Number.NaN,
      heardUntilMs: 0,
      over: false,
    };
  }

  #firstToken(attempt: Attempt): void {
    attempt.firstTokenAtMs = this.nowMs;
    const ttftMs = this.nowMs - attempt.dispatchedAtMs;
    this.#ledgerLink.report(attempt.journey.edge, { kind: 'first-token', leaseId: attempt.leaseId, ttftMs });
  }

  #finish(attempt: Attempt): void {
    const { journey, outputTokens, dispatchedAtMs, firstTokenAtMs, action } = attempt;
    const { id, request, routing } = journey;
    const firstTokenAfter = (sinceMs: number) => (streams(request) ? firstTokenAtMs - sinceMs : undefined);
    this.#settle(attempt, {
      kind: 'served',
      outputTokens,
      e2eMs: this.nowMs - dispatchedAtMs,
      ttftMs: firstTokenAfter(dispatchedAtMs),
      cutShort: outputTokens < request.outputTokens,
    });
    const ttftMs = firstTokenAfter(request.arrivalMs);
    const e2eMs = this.nowMs - request.arrivalMs;
    const tpotMs =
      ttftMs !== undefined && outputTokens > 1 ? (e2eMs - ttftMs) / (outputTokens - 1) : undefined;
    const onTime = isOnTime(routing.slo, { ttftMs, tpotMs, e2eMs }, outputTokens);
    this.#count(journey, 'served');
    this.#onOutcome({ id, request, kind: 'served', variant: action.variant, ttftMs, tpotMs, e2eMs, onTime });
  }

  /** The attempt is over without a whole answer. Another variant may take over as long as the client has seen nothing. */
  #fail(attempt: Attempt, failure: BackendFailure): void {
    const { journey, action, firstTokenAtMs } = attempt;
    this.#settle(attempt, toOutcome(failure));
    if (!Number.isNaN(firstTokenAtMs)) {
      this.#end(journey, 'failed');
      return;
    }
    journey.left = journey.left.filter((other) => mayTry(other.action, action, failure));
    this.#try(journey);
  }

  /** The client hangs up, wherever its request is. */
  #leave(journey: Journey): void {
    const { attempt, over } = journey;
    if (over) return;
    if (attempt !== undefined && !attempt.over) {
      this.#endpointLink.hangUp(attempt);
      this.#settle(attempt, { kind: 'aborted' });
    }
    this.#end(journey, 'left');
  }

  /** A place that was granted when its client had left. */
  #giveBack({ edge }: Journey, leaseId: string, { kind }: Place): void {
    if (kind === 'granted')
      this.#ledgerLink.report(edge, { kind: 'settled', leaseId, outcome: { kind: 'aborted' } });
  }

  #settle(attempt: Attempt, outcome: Settlement['outcome']): void {
    attempt.over = true;
    this.#ledgerLink.report(attempt.journey.edge, { kind: 'settled', leaseId: attempt.leaseId, outcome });
  }

  #end(journey: Journey, kind: 'shed' | 'failed' | 'left'): void {
    this.#count(journey, kind);
    this.#onOutcome({ id: journey.id, request: journey.request, kind });
  }

  #count(journey: Journey, kind: 'served' | 'shed' | 'failed' | 'left'): void {
    journey.over = true;
    this.tally[kind] += 1;
    this.tally.inFlight -= 1;
  }

  #taskOf({ task }: WorkloadRequest): Task {
    const { catalogue, name } = this.#options.fleet;
    const found = catalogue.tasks[task];
    if (found !== undefined) return found;
    const known = Object.keys(catalogue.tasks).join(', ');
    throw new Error(`workload: no task "${task}" in ${name}; known: ${known}`);
  }
}
