import type { Endpoint } from './catalogue.ts';
import { readMsPerToken, type ServiceEstimate, stepMs } from './service.ts';
import type { EndpointLoad } from './snapshot.ts';

/** What a request shares its replica with while it decodes. */
export interface Company {
  /** Other requests of its variant. */
  readonly others: number;
  /** Time that the reading of their prompts adds to each token, ms. */
  readonly readingMs: number;
  /**
   * Time that the other variants on the replica would add to each token if their engines took turns with its own: a
   * step of each that has anything to do, and the reading of their prompts, ms.
   */
  readonly turnsMs: number;
}

/** What one variant has on a replica. */
export interface Presence {
  /** Requests in flight. */
  readonly requests: number;
  /** Share of the time in which there was one at all, 0 to 1. */
  readonly busy: number;
  /** Time that reading their prompts takes from every token of a request beside them, ms. */
  readonly readingMs: number;
}

export const alone: Company = { others: 0, readingMs: 0, turnsMs: 0 };

/** The company with one more variant in it. `own`: whether it is the variant of the request itself. */
export function joinedBy(
  company: Company,
  { requests, busy, readingMs }: Presence,
  service: ServiceEstimate,
  own: boolean,
): Company {
  if (own) return { ...company, others: requests, readingMs };
  return { ...company, turnsMs: company.turnsMs + stepMs(service, requests, busy) + readingMs };
}

/**
 * What one more request of the variant would share its replica with, if for each of those in flight that ends another
 * like it comes: while it decodes a token they decode one each, and with every last token a prompt is read.
 */
export function companyOn(
  { replicas }: Endpoint,
  load: Pick<EndpointLoad, 'inFlight' | 'tokensInFlight' | 'inFlightByVariant' | 'promptTokensByVariant'>,
  services: Readonly<Record<string, ServiceEstimate>>,
  variant: string,
): Company {
  if (load.inFlight === 0) return alone;
  let promptTokens = 0;
  for (const id in load.promptTokensByVariant) promptTokens += load.promptTokensByVariant[id]!;
  const meanOutputTokens = Math.max((load.tokensInFlight - promptTokens) / load.inFlight, 1);
  let company = alone;
  for (const id in load.inFlightByVariant) {
    const service = services[id];
    if (service === undefined || load.inFlightByVariant[id] === 0) continue;
    const requests = load.inFlightByVariant[id]! / replicas;
    const readMs = (load.promptTokensByVariant[id] ?? 0) * readMsPerToken(service);
    const presence = {
      requests,
      busy: Math.min(requests, 1),
      readingMs: readMs / (replicas * meanOutputTokens),
    };
    company = joinedBy(company, presence, service, id === variant);
  }
  return company;
}
