import type { FailureKind } from '../routing/failure.ts';
import { type Action, OBSERVATION_VERSION } from '../routing/observation.ts';
import { isOnTime } from '../routing/slo.ts';
import type { AttemptRecord, Outcome } from '../telemetry/record.ts';
import type { RequestContext } from './context.ts';
import type { Decision } from './decide.ts';

/** Times and tokens of an answer, as the client got it. */
export interface Served {
  readonly outputTokens: number;
  /** Absent for an answer that came as a whole. */
  readonly ttftMs?: number | undefined;
  readonly tpotMs?: number | undefined;
  readonly e2eMs: number;
}

/** Collects what happens to one request and writes its record once, at its end. */
export class RequestLog {
  reason = 'none';
  /** Time spent waiting for endpoints so far, over all attempts. */
  upstreamMs = 0;
  readonly #context: RequestContext;
  readonly #decision: Decision;
  readonly #stream: boolean;
  readonly #attempts: AttemptRecord[] = [];
  #written = false;

  constructor(context: RequestContext, decision: Decision, stream: boolean) {
    this.#context = context;
    this.#decision = decision;
    this.#stream = stream;
  }

  attempted({ variant, endpoint }: Action): void {
    this.#attempts.push({ variant: variant.id, endpoint: endpoint.id });
  }

  /** The last attempt has failed. */
  failed(failure: FailureKind): void {
    const last = this.#attempts.pop();
    if (last !== undefined) this.#attempts.push({ ...last, failure });
  }

  get lastAttempt(): AttemptRecord | undefined {
    return this.#attempts.at(-1);
  }

  write(outcome: Outcome, status: number, served?: Served): void {
    if (this.#written) return;
    this.#written = true;
    const { gateway, requestId, receivedAtMs } = this.#context;
    const { observation, decidedBy, ranking } = this.#decision;
    const { task, class: requestClass, slo, promptTokens } = observation.request;
    const atMs = Date.now();
    gateway.records({
      atMs,
      arrivedAtMs: atMs - (gateway.clock() - receivedAtMs),
      requestId,
      observationVersion: OBSERVATION_VERSION,
      ...decidedBy,
      task,
      class: requestClass,
      slo,
      promptTokens,
      stream: this.#stream,
      snapshotAgeMs: observation.snapshotAgeMs,
      ranking: ranking.map(({ action, score }) => ({ variant: action.variant.id, score })),
      attempts: this.#attempts,
      reason: this.reason,
      outcome,
      status,
      ...served,
      onTime: served && isOnTime(slo, served, served.outputTokens),
    });
  }
}
