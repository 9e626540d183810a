import type { Usage } from '../backends/backend.ts';
import type { FailureKind } from '../routing/failure.ts';
import type { Levels } from '../routing/lengths/calibration.ts';
import { type Action, OBSERVATION_VERSION } from '../routing/observation.ts';
import { isOnTime } from '../routing/slo.ts';
import type { AttemptRecord, Outcome } from '../telemetry/record.ts';
import type { RequestContext } from './context.ts';
import type { Decision } from './decide.ts';
import type { StreamMeter } from './stream-meter.ts';

/** Times and tokens of an answer, as the client got it. */
export interface Served {
  readonly outputTokens: number;
  /** Absent for an answer that came as a whole. */
  readonly ttftMs?: number | undefined;
  readonly tpotMs?: number | undefined;
  readonly e2eMs: number;
}

/** Collects what happens to one request and, once, at its end, writes its record and settles what its key was granted. */
export class RequestLog {
  reason = 'none';
  /** Time spent waiting for endpoints so far, over all attempts. */
  upstreamMs = 0;
  /** Counts the tokens of an answer that streams. */
  meter: StreamMeter | undefined;
  /** What the endpoint said of an answer that came as a whole. */
  usage: Usage | undefined;
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
    const { gateway, requestId, grant, receivedAtMs } = this.#context;
    const { observation, decidedBy, ranking } = this.#decision;
    grant?.settle(this.#tokensTaken(outcome, grant.promptTokens));
    const { task, class: requestClass, slo, promptTokens } = observation.request;
    const atMs = Date.now();
    gateway.records({
      atMs,
      arrivedAtMs: atMs - (gateway.clock() - receivedAtMs),
      requestId,
      keyId: grant?.keyId,
      observationVersion: OBSERVATION_VERSION,
      ...decidedBy,
      task,
      class: requestClass,
      slo,
      promptTokens,
      expectedOutputTokens: Math.round(observation.length.tokens),
      outputTokenQuantiles: rounded(observation.length.quantiles),
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

  /**
   * Prompt and output tokens by the endpoint's word, or as they were counted. Undefined where nobody knows: of a whole
   * answer whose endpoint said nothing, or whose client left while it was made. An answer that never began took none,
   * unless it was the client who left: the endpoint was at work on the prompt.
   * @param promptTokens as they were admitted: by a lower guess, leaving early would give part of the prompt back
   */
  #tokensTaken(outcome: Outcome, promptTokens: number): number | undefined {
    const usage = this.usage ?? this.meter?.usage;
    if (usage !== undefined) return usage.prompt_tokens + usage.completion_tokens;
    if (this.meter?.firstTokenMs !== undefined) return promptTokens + this.meter.outputTokens;
    if (outcome === 'served' || (outcome === 'aborted' && !this.#stream)) return undefined;
    return outcome === 'aborted' ? promptTokens : 0;
  }
}

function rounded(levels: Levels | undefined): Levels | undefined {
  return levels && [Math.round(levels[0]), Math.round(levels[1]), Math.round(levels[2])];
}
