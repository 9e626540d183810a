import type { Verdict } from '../access/admissions.ts';
import type { Refusal, Standing, Standings } from '../access/usage.ts';
import type { Variant } from '../routing/catalogue.ts';
import { ApiError } from './api-error.ts';
import { type Caller, reachable, unknownKey } from './authenticate.ts';
import { retryAfterSeconds } from './failures.ts';

/** The tokens a request is about to take. */
export interface Demand {
  readonly promptTokens: number;
  /** Answers asked for. */
  readonly answers: number;
  /** The client's own bound on the output of each. */
  readonly maxOutputTokens?: number | undefined;
}

/** Of a request that no model server will see. */
export const noTokens: Demand = { promptTokens: 0, answers: 0 };

/** What a request was admitted with. It has to be settled. */
export class Grant {
  readonly keyId: string;
  /** How the key's limits stand. */
  readonly headers: Readonly<Record<string, string>>;
  readonly #outputBound: number | undefined;
  readonly #promptTokens: number;
  readonly #settle: (tokens: number | undefined) => void;
  #settled = false;

  /** @param settle is told once, with what was really taken */
  constructor(
    caller: Caller,
    demand: Demand,
    standings: Standings,
    settle: (tokens: number | undefined) => void,
  ) {
    this.keyId = caller.identity.keyId;
    this.headers = rateLimitHeaders(standings);
    this.#outputBound = caller.outputBound;
    this.#promptTokens = demand.promptTokens;
    this.#settle = settle;
  }

  /**
   * The variant, with the output that the key allows for its own bound where that is the tighter one. Nothing is sent
   * where the context ends before: a server would refuse it as more than it can hold.
   */
  bound(variant: Variant): Variant {
    const bound = this.#outputBound;
    if (bound === undefined || this.#promptTokens + bound > variant.contextTokens) return variant;
    const maxOutputTokens = Math.min(variant.parameters.maxOutputTokens ?? Infinity, bound);
    return { ...variant, parameters: { ...variant.parameters, maxOutputTokens } };
  }

  /**
   * Says what the request has really taken, prompt and output; undefined: nobody knows. The first call counts,
   * whatever ends in which order.
   */
  settle(tokens: number | undefined): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#settle(tokens);
  }
}

/**
 * Admits one request of a caller.
 * @param defer lets work finish after the response
 * @throws ApiError 429 beyond a limit, 401 for a key that is revoked by now, 503 when nobody can be asked
 */
export async function admit(
  caller: Caller,
  demand: Demand,
  defer: (work: Promise<unknown>) => void,
): Promise<Grant> {
  const { access, identity } = caller;
  const { keyId, generation } = identity;
  const reservationId = crypto.randomUUID();
  const tokens = mostTokens(demand, caller.outputBound);
  const verdict = await reachable(access.admit({ keyId, generation, reservationId, tokens }));
  if (verdict.kind === 'unusable') throw unknownKey();
  if (verdict.kind === 'refused') throw refused(verdict, tokens);
  return new Grant(caller, demand, verdict.standings, (taken) => {
    if (tokens === 0) return;
    const settled = access.settle({ keyId, reservationId, tokens: taken });
    defer(settled.catch((error: unknown) => console.error(`access: settlements are kept: ${String(error)}`)));
  });
}

/** The prompt, and every answer at its longest. Without any bound tokens are not limited, only counted. */
function mostTokens({ promptTokens, answers, maxOutputTokens }: Demand, bound: number | undefined): number {
  const perAnswer = Math.min(maxOutputTokens ?? Infinity, bound ?? Infinity);
  return promptTokens + (perAnswer === Infinity ? 0 : perAnswer * answers);
}

function refused({ scope, refusal, standings }: Verdict & { kind: 'refused' }, tokens: number): ApiError {
  const headers = { ...rateLimitHeaders(standings), ...whenToRetry(refusal) };
  const whose = scope === 'key' ? 'of this key' : 'of all keys together';
  if (refusal.retryAfterMs === Infinity) {
    const message = `the request may take ${tokens} tokens, more than the ${names[refusal.limit]} ${whose} ever allow`;
    return new ApiError(429, 'rate_limit_error', message, { code: 'request_too_large', headers });
  }
  const isBudget = refusal.limit === 'tokensPerDay' || refusal.limit === 'tokensPerMonth';
  if (isBudget && refusal.usedUp)
    return new ApiError(429, 'insufficient_quota', `the ${names[refusal.limit]} ${whose} are used up`, {
      code: 'insufficient_quota',
      headers,
    });
  const how = refusal.usedUp ? 'used up' : 'reserved by requests under way';
  return new ApiError(429, 'rate_limit_error', `the ${names[refusal.limit]} ${whose} are ${how}`, {
    code: 'rate_limit_exceeded',
    headers,
  });
}

const names = {
  requestsPerMinute: 'requests per minute',
  tokensPerMinute: 'tokens per minute',
  tokensPerDay: 'tokens per day',
  tokensPerMonth: 'tokens per month',
} satisfies Record<Refusal['limit'], string>;

/** OpenAI's clients try again by themselves, unless they are told that it is no use. */
function whenToRetry({ retryAfterMs }: Refusal): Record<string, string> {
  const soon = 60_000;
  const again: Record<string, string> = retryAfterMs <= soon ? {} : { 'x-should-retry': 'false' };
  return retryAfterMs === Infinity ? again : { ...again, 'retry-after': retryAfterSeconds(retryAfterMs) };
}

/** How the key's per-minute limits stand, in the headers OpenAI has for it. */
function rateLimitHeaders({ requests, tokens }: Standings): Record<string, string> {
  return { ...headersOf('requests', requests), ...headersOf('tokens', tokens) };
}

function headersOf(what: string, standing: Standing | undefined): Record<string, string> {
  if (standing === undefined) return {};
  return {
    [`x-ratelimit-limit-${what}`]: String(standing.limit),
    [`x-ratelimit-remaining-${what}`]: String(standing.remaining),
    [`x-ratelimit-reset-${what}`]: duration(standing.resetMs),
  };
}

/** A duration as OpenAI writes it: `850ms`, `59.25s`; none here is longer than a minute and a moment. */
function duration(ms: number): string {
  return ms < 1000 ? `${Math.ceil(ms)}ms` : `${Math.ceil(ms) / 1000}s`;
}
