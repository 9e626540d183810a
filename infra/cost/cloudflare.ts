import type { Environment } from '../desired-state/environment.ts';
import type { CostLine } from './estimate.ts';

/**
 * Cloudflare's paid plan, US dollars: what it includes a month and what each further million costs.
 * Source: developers.cloudflare.com, pricing of Workers, Durable Objects and Analytics Engine, as quoted in 2026.
 */
const plan = {
  base: 5,
  requests: { included: 10e6, perMillion: 0.3 },
  cpuMs: { included: 30e6, perMillion: 0.02 },
  objectRequests: { included: 1e6, perMillion: 0.15 },
  objectGbSeconds: { included: 400_000, perMillion: 12.5 },
  dataPoints: { included: 10e6, perMillion: 0.25 },
} as const;

/**
 * What one request uses at most: the CPU of a stream, as `npm run bench:gateway` measures it, and a question and a
 * report each to the ledger and to the keys.
 */
const perRequest = { cpuMs: 2.2, objectRequests: 4 } as const;

/** Two objects that are awake all month, the ledger and the keys: 128 MB each for 730 hours. */
const objectGbSeconds = 2 * 0.128 * 730 * 3600;

interface Meter {
  readonly included: number;
  readonly perMillion: number;
}

/** US dollars for what is used beyond what the plan includes. */
function beyond({ included, perMillion }: Meter, used: number): number {
  return (Math.max(0, used - included) / 1e6) * perMillion;
}

/** What Cloudflare takes a month for the requests that are expected. */
export function cloudflareCosts({ catalogue, document: { expected } }: Environment): CostLine[] {
  const { requestsPerMonth, promptTokens, outputTokens, shares } = expected;
  const worker =
    plan.base +
    beyond(plan.requests, requestsPerMonth) +
    beyond(plan.cpuMs, requestsPerMonth * perRequest.cpuMs) +
    beyond(plan.objectRequests, requestsPerMonth * perRequest.objectRequests) +
    beyond(plan.objectGbSeconds, objectGbSeconds) +
    beyond(plan.dataPoints, requestsPerMonth);
  const tokens = catalogue.variants.flatMap(({ id, price }) => {
    const share = shares[id] ?? 0;
    if (price === undefined || share === 0) return [];
    const perRequestUsd =
      (promptTokens * price.inputPerMillion + outputTokens * price.outputPerMillion) / 1e6;
    const usd = requestsPerMonth * share * perRequestUsd;
    return [
      { what: `tokens of ${id}: ${(share * 100).toFixed(0)} % of the requests`, least: usd, most: usd },
    ];
  });
  const what = `Workers paid plan, ${(requestsPerMonth / 1e6).toLocaleString('en-US')} million requests`;
  return [{ what, least: worker, most: worker }, ...tokens];
}
