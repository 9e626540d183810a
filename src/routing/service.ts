import type { Slo, Variant } from './catalogue.ts';
import type { Company } from './company.ts';
import { at, type LearnedLinear, type Linear, learn, priorLinear, withError } from './linear.ts';

/** However long the reading of others' prompts took, a token took this share of its time itself. */
const LEAST_OWN_SHARE = 0.1;
/** Variants of one endpoint are taken to stand in each other's way by all their work, until they are seen not to. */
const PRIOR_CROWDING = 1;

/** How fast a variant is, as far as its own traffic has shown. */
export interface ServiceEstimate {
  /** Time to first token, over 1, the prompt tokens that must be read first and what the other variants add, ms. */
  readonly ttft: Linear;
  /**
   * Time per token after the first, over 1, the other requests of the variant on the replica and what the other
   * variants add there. Without the reading of the variant's own prompts, which depends on who comes and not on how
   * many are there. Its error is that of the whole prediction, as it was when the request was sent.
   */
  readonly tpot: Linear;
}

/** The same where it is learned. */
export interface LearnedService extends ServiceEstimate {
  readonly ttft: LearnedLinear;
  readonly tpot: LearnedLinear;
}

/** What predictions need of it, which is a third of the numbers. */
export function estimateOf({ ttft, tpot }: LearnedService): ServiceEstimate {
  return {
    ttft: { weights: ttft.weights, logVariance: ttft.logVariance },
    tpot: { weights: tpot.weights, logVariance: tpot.logVariance },
  };
}

/** Time to read one token of a prompt, ms. */
export function readMsPerToken({ ttft }: ServiceEstimate): number {
  return ttft.weights[1]!;
}

/** Time per token of a request that has its replica to itself, ms. */
export function paceAlone({ tpot }: ServiceEstimate): number {
  return tpot.weights[0]!;
}

/** What another request of the variant on the replica adds to it, ms. */
export function pacePerOther({ tpot }: ServiceEstimate): number {
  return tpot.weights[1]!;
}

/**
 * Time of one step of a replica's engine, on average, ms.
 * @param busy share of the time in which there is a request at all
 */
export function stepMs(service: ServiceEstimate, requests: number, busy = Math.min(requests, 1)): number {
  return paceAlone(service) * busy + pacePerOther(service) * Math.max(requests - busy, 0);
}

export interface PredictedLatency {
  readonly ttftMs: number;
  readonly tpotMs: number;
  readonly e2eMs: number;
  /** Probability that every bound of the SLO holds, 0 to 1; 1 where there is no bound. */
  readonly onTime: number;
}

/** Expected output tokens of a request and the variance of ln(actual / expected). */
export interface LengthEstimate {
  readonly tokens: number;
  readonly logVariance: number;
}

export function priorService(variant: Variant): LearnedService {
  const { ttftMs, ttftMsPerToken, tpotMs, tpotMsPerRequest } = variant.prior;
  return {
    ttft: priorLinear([ttftMs, ttftMsPerToken, PRIOR_CROWDING]),
    tpot: priorLinear([tpotMs, tpotMsPerRequest, PRIOR_CROWDING]),
  };
}

/**
 * Time to first token in this company, ms.
 * @param promptTokensToRead tokens of this prompt and of those waiting before it on one replica
 */
export function ttftIn(
  { turnsMs }: Pick<Company, 'turnsMs'>,
  { ttft }: ServiceEstimate,
  promptTokensToRead: number,
): number {
  return at(ttft, [1, promptTokensToRead, turnsMs]);
}

/** Mean time per token after the first in this company, ms. */
export function tpotIn({ others, readingMs, turnsMs }: Company, { tpot }: ServiceEstimate): number {
  return at(tpot, [1, others, turnsMs]) + readingMs;
}

/**
 * @param company what it was when the request was sent
 * @param promptTokensToRead as for `ttftIn`
 * @param ttftMs from the dispatch to the first token
 */
export function learnTtft(
  service: LearnedService,
  prior: LearnedService,
  company: Pick<Company, 'turnsMs'>,
  promptTokensToRead: number,
  ttftMs: number,
): LearnedService {
  const ttft = learn(service.ttft, prior.ttft, [1, promptTokensToRead, company.turnsMs], ttftMs);
  return { ...service, ttft: withError(ttft, ttftMs / ttftIn(company, service, promptTokensToRead)) };
}

/**
 * @param company what it was, on average, while the request decoded
 * @param tpotMs mean time per token after the first
 * @param predictedMs the same as it was predicted when the request was sent
 */
export function learnTpot(
  service: LearnedService,
  prior: LearnedService,
  { others, readingMs, turnsMs }: Company,
  tpotMs: number,
  predictedMs: number,
): LearnedService {
  const withoutReadingMs = Math.max(tpotMs - readingMs, LEAST_OWN_SHARE * tpotMs);
  const tpot = learn(service.tpot, prior.tpot, [1, others, turnsMs], withoutReadingMs);
  return { ...service, tpot: withError(tpot, tpotMs / predictedMs) };
}

/**
 * Latency of one more request, and the probability that it is on time. Errors are log-normal with the spread the
 * variant's own traffic showed; TTFT and TPOT are taken as independent, and the end to end bound as a third event.
 * @param promptTokensToRead as for `ttftIn`
 * @param elapsedMs time the request has already spent at the gateway
 */
export function predictLatency(
  service: ServiceEstimate,
  promptTokensToRead: number,
  company: Company,
  length: LengthEstimate,
  slo: Slo,
  elapsedMs: number,
): PredictedLatency {
  const ttftMs = ttftIn(company, service, promptTokensToRead);
  const tpotMs = tpotIn(company, service);
  const decodeMs = tpotMs * Math.max(length.tokens - 1, 0);
  const e2eMs = ttftMs + decodeMs;
  let onTime = 1;
  if (slo.ttftMs !== undefined)
    onTime *= probabilityWithin(ttftMs, service.ttft.logVariance, slo.ttftMs - elapsedMs);
  if (slo.tpotMs !== undefined) onTime *= probabilityWithin(tpotMs, service.tpot.logVariance, slo.tpotMs);
  if (slo.e2eMs !== undefined) {
    const decodeVariance = service.tpot.logVariance + length.logVariance;
    const variance = (ttftMs ** 2 * service.ttft.logVariance + decodeMs ** 2 * decodeVariance) / e2eMs ** 2;
    onTime *= probabilityWithin(e2eMs, variance, slo.e2eMs - elapsedMs);
  }
  return { ttftMs, tpotMs, e2eMs, onTime };
}

/** The largest share of a bound of the SLO that the predicted times take; 0 where there is no bound. */
export function tightestShare(predicted: PredictedLatency, slo: Slo): number {
  return Math.max(
    slo.ttftMs === undefined ? 0 : predicted.ttftMs / slo.ttftMs,
    slo.tpotMs === undefined ? 0 : predicted.tpotMs / slo.tpotMs,
    slo.e2eMs === undefined ? 0 : predicted.e2eMs / slo.e2eMs,
  );
}

function probabilityWithin(predictedMs: number, logVariance: number, boundMs: number): number {
  if (boundMs <= 0) return 0;
  return normalCdf(Math.log(boundMs / predictedMs) / Math.sqrt(Math.max(logVariance, 1e-6)));
}

/** Φ(z) by the logistic approximation of Bowling et al. (2009), absolute error below 1.5e-4. */
function normalCdf(z: number): number {
  return 1 / (1 + Math.exp(-(0.07056 * z ** 3 + 1.5976 * z)));
}
