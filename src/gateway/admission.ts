import type { Verdict } from '../access/admissions.ts';
import type { Refusal } from '../access/usage.ts';
import { ApiError } from './api-error.ts';
import { type Caller, reachable, unknownKey } from './authenticate.ts';
import type { Demand } from './demand.ts';
import { retryAfterSeconds } from './failures.ts';
import { Grant } from './grant.ts';
import { rateLimitHeaders } from './rate-limit-headers.ts';

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
  const { access, identity, outputBound } = caller;
  const { keyId, generation } = identity;
  const reservationId = crypto.randomUUID();
  const tokens = mostTokens(demand, outputBound);
  const verdict = await reachable(access.admit({ keyId, generation, reservationId, tokens }));
  if (verdict.kind === 'unusable') throw unknownKey();
  if (verdict.kind === 'refused') throw refused(verdict, tokens);
  const terms = { keyId, outputBound, promptTokens: demand.promptTokens };
  return new Grant(terms, verdict.standings, (taken) => {
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
