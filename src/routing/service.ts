import type { Endpoint, Slo, Variant } from './catalogue.ts';
import { at, type Line, learn, priorLine, withError } from './line.ts';
import type { EndpointLoad } from './snapshot.ts';

/** However long others' prompts took to read, a token took this share of its time itself. */
const LEAST_OWN_SHARE = 0.1;

/**
 * How fast a variant is, as far as its own traffic has shown. Two lines: the time to first token over the prompt
 * tokens that must be read first, and the time per token over the other requests on the same replica. The second is
 * without the time that the replica spends reading the prompts of others, which depends on who comes and not on how
 * many are there; its error is that of the whole prediction, as it was when the request was sent.
 */
export interface ServiceEstimate {
  readonly ttft: Line;
  readonly tpot: Line;
}

/** What a request shares its replica with while it decodes. */
export interface Company {
  /** Other requests on the replica. */
  readonly others: number;
  /** Time that reading the prompts of others adds to each token, ms. */
  readonly readingMsPerToken: number;
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

export function priorService(variant: Variant): ServiceEstimate {
  const { ttftMs, ttftMsPerToken, tpotMs, tpotMsPerRequest } = variant.prior;
  return { ttft: priorLine(ttftMs, ttftMsPerToken), tpot: priorLine(tpotMs, tpotMsPerRequest) };
}

/**
 * @param promptTokensToRead tokens of this prompt and of those waiting before it on one replica
 * @param ttftMs from the dispatch to the first token
 */
export function learnTtft(
  service: ServiceEstimate,
  prior: ServiceEstimate,
  promptTokensToRead: number,
  ttftMs: number,
): ServiceEstimate {
  const line = learn(service.ttft, prior.ttft, promptTokensToRead, ttftMs);
  return { ...service, ttft: withError(line, ttftMs / at(service.ttft, promptTokensToRead)) };
}

/**
 * @param company what it was, on average, while the request decoded
 * @param tpotMs mean time per token after the first
 * @param predictedMs the same as it was predicted when the request was sent
 */
export function learnTpot(
  service: ServiceEstimate,
  prior: ServiceEstimate,
  { others, readingMsPerToken }: Company,
  tpotMs: number,
  predictedMs: number,
): ServiceEstimate {
  const ownMs = Math.max(tpotMs - readingMsPerToken, LEAST_OWN_SHARE * tpotMs);
  const line = learn(service.tpot, prior.tpot, others, ownMs);
  return { ...service, tpot: withError(line, tpotMs / predictedMs) };
}

/** Mean time per token after the first in this company, ms. */
export function paceIn({ others, readingMsPerToken }: Company, { tpot }: ServiceEstimate): number {
  return at(tpot, others) + readingMsPerToken;
}

/**
 * What one more request would share its replica with, if for each of those in flight that ends another like it comes:
 * while it decodes a token of its own, they decode one each, and with every last token a prompt is read.
 */
export function companyOn(
  { replicas }: Endpoint,
  load: Pick<EndpointLoad, 'inFlight' | 'tokensInFlight' | 'promptTokensByVariant'>,
  services: Readonly<Record<string, ServiceEstimate>>,
): Company {
  let promptTokens = 0;
  let readingMs = 0;
  for (const id in load.promptTokensByVariant) {
    const tokens = load.promptTokensByVariant[id]!;
    promptTokens += tokens;
    readingMs += tokens * (services[id]?.ttft.slope ?? 0);
  }
  const meanOutputTokens = Math.max(load.tokensInFlight - promptTokens, 1) / Math.max(load.inFlight, 1);
  return {
    others: load.inFlight / replicas,
    readingMsPerToken: readingMs / (replicas * Math.max(meanOutputTokens, 1)),
  };
}

/**
 * Latency of one more request, and the probability that it is on time. Errors are log-normal with the spread the
 * variant's own traffic showed; TTFT and TPOT are taken as independent, and the end to end bound as a third event.
 * @param promptTokensToRead as for `learnTtft`
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
  const ttftMs = at(service.ttft, promptTokensToRead);
  const tpotMs = paceIn(company, service);
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
