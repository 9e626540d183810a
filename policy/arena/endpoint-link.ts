import type { Endpoint } from '../../src/routing/catalogue.ts';
import type { BackendFailure } from '../../src/routing/failure.ts';
import type { Agenda } from './agenda.ts';
import { Autoscaler, initialReplicas } from './autoscaler.ts';
import type { Conditions } from './conditions.ts';
import type { Fleet } from './fleet.ts';
import { type Attempt, streams } from './journey.ts';
import { Patience } from './patience.ts';
import { type EndpointListener, SimulatedEndpoint } from './simulated-endpoint.ts';

/** Told at the edge what becomes of an attempt, until it is over. */
export interface AttemptListener {
  /** Only of an answer that streams. */
  firstToken(attempt: Attempt): void;
  finished(attempt: Attempt): void;
  failed(attempt: Attempt, failure: BackendFailure): void;
}

/** The endpoints, and the way from the edges to them and back; with the edges' patience, which ends silence. */
export class EndpointLink {
  readonly endpoints: ReadonlyMap<string, SimulatedEndpoint>;
  readonly #list: readonly SimulatedEndpoint[];
  readonly #agenda: Agenda;
  readonly #delay: () => number;
  readonly #listener: AttemptListener;
  /** Until the first token of a stream, and until the end of a whole answer. */
  readonly #patience: { readonly stream: Patience; readonly whole: Patience };
  /** Attempts an endpoint has accepted and not finished. */
  readonly #accepted = new Map<number, Attempt>();

  /** @param delay draws what one message takes, one way */
  constructor(
    fleet: Fleet,
    agenda: Agenda,
    conditions: Conditions,
    delay: () => number,
    listener: AttemptListener,
  ) {
    this.#agenda = agenda;
    this.#delay = delay;
    this.#listener = listener;
    const patience = (mostMs: number) => new Patience(agenda, mostMs, (attempt) => this.#giveUp(attempt));
    const { firstTokenMs, completionMs } = fleet.catalogue.patience;
    this.#patience = { stream: patience(firstTokenMs), whole: patience(completionMs) };
    this.#list = fleet.catalogue.endpoints.map((endpoint) => this.#build(fleet, endpoint, conditions));
    this.endpoints = new Map(this.#list.map((endpoint) => [endpoint.id, endpoint]));
  }

  /** When an endpoint next does something by itself; Infinity when none will. */
  nextMs(): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const endpoint of this.#list) nextMs = Math.min(nextMs, endpoint.nextMs());
    return nextMs;
  }

  run(untilMs: number): void {
    for (const endpoint of this.#list) endpoint.run(untilMs);
  }

  /** Sends a request to the endpoint of its attempt. */
  send(attempt: Attempt): void {
    const { id, action, journey, outputTokens } = attempt;
    const { promptTokens } = journey.request;
    this.#patience[streams(journey.request) ? 'stream' : 'whole'].watch(attempt);
    this.#agenda.after(this.#delay(), () => {
      if (attempt.over) return;
      const job = { id, variant: action.variant, promptTokens, outputTokens };
      const refusal = this.#endpointOf(attempt).offer(job, this.#agenda.nowMs);
      if (refusal === undefined) this.#accepted.set(id, attempt);
      else if (refusal !== 'silence') this.#answer(attempt, () => this.#listener.failed(attempt, refusal));
    });
  }

  /** The engine forgets the request as soon as it hears of it. */
  hangUp(attempt: Attempt): void {
    this.#agenda.after(this.#delay(), () => {
      this.#accepted.delete(attempt.id);
      this.#endpointOf(attempt).abort(attempt.id, this.#agenda.nowMs);
    });
  }

  /** Silence for too long: the edge hangs up. */
  #giveUp(attempt: Attempt): void {
    this.hangUp(attempt);
    this.#listener.failed(attempt, { kind: 'timeout' });
  }

  /** Something the endpoint says reaches the edge, after all it said before, unless the edge has stopped listening. */
  #answer(attempt: Attempt, hear: () => void): void {
    const arrivalMs = Math.max(this.#agenda.nowMs + this.#delay(), attempt.heardUntilMs);
    attempt.heardUntilMs = arrivalMs;
    this.#agenda.at(arrivalMs, () => {
      if (!attempt.over) hear();
    });
  }

  #build(fleet: Fleet, endpoint: Endpoint, conditions: Conditions): SimulatedEndpoint {
    const scaling = conditions.autoscaling[endpoint.id];
    const replicas = scaling ? initialReplicas(scaling, endpoint.replicas) : endpoint.replicas;
    const coldStart = conditions.coldStarts[endpoint.id];
    const built = new SimulatedEndpoint(fleet, endpoint, this.#heard, { coldStart, replicas });
    if (scaling) new Autoscaler(scaling, built, this.#agenda);
    return built;
  }

  readonly #heard: EndpointListener = {
    firstToken: (id) => {
      const attempt = this.#accepted.get(id)!;
      if (streams(attempt.journey.request)) this.#answer(attempt, () => this.#listener.firstToken(attempt));
    },
    finished: (id) => {
      const attempt = this.#taken(id);
      this.#answer(attempt, () => this.#listener.finished(attempt));
    },
    lost: (id) => {
      const attempt = this.#taken(id);
      this.#answer(attempt, () => this.#listener.failed(attempt, { kind: 'unavailable' }));
    },
  };

  /** An accepted attempt its endpoint is done with. */
  #taken(id: number): Attempt {
    const attempt = this.#accepted.get(id)!;
    this.#accepted.delete(id);
    return attempt;
  }

  #endpointOf({ action }: Attempt): SimulatedEndpoint {
    return this.endpoints.get(action.endpoint.id)!;
  }
}
