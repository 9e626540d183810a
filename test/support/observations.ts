import type { Random } from '../../src/platform/random.ts';
import { Ledger } from '../../src/pool/ledger.ts';
import { type Observation, observe, type RoutingRequest } from '../../src/routing/observation.ts';
import { idleLoad, type PoolSnapshot } from '../../src/routing/snapshot.ts';
import { catalogue } from './small-catalogue.ts';

/** The variant that `snapshot` gives the requests in flight on an endpoint to. */
function firstOn(endpoint: string): string {
  return catalogue.variants.find((variant) => variant.endpoint === endpoint)!.id;
}

/** A pool on its priors with so many requests in flight per endpoint, all decoding, of prompts of no length. */
export function snapshot(inFlight: Readonly<Record<string, number>>): PoolSnapshot {
  const idle = new Ledger(catalogue, 0).snapshot(0);
  const endpoints = Object.fromEntries(
    Object.entries(idle.endpoints).map(([id, load]) => {
      const requests = inFlight[id] ?? 0;
      return [id, { ...load, inFlight: requests, inFlightByVariant: { [firstOn(id)]: requests } }];
    }),
  );
  return { ...idle, endpoints, meanPromptTokens: 100 };
}

export function request(changes: Partial<RoutingRequest> = {}): RoutingRequest {
  return {
    task: 'chat',
    class: 'standard',
    slo: { ttftMs: 1_000, tpotMs: 60 },
    minQuality: 0,
    minTier: 0,
    promptTokens: 100,
    needs: new Set(),
    ...changes,
  };
}

export function observation(
  inFlight: Readonly<Record<string, number>> = {},
  changes: Partial<RoutingRequest> = {},
): Observation {
  return observe(catalogue, snapshot(inFlight), request(changes), { snapshotAgeMs: 0, elapsedMs: 0 });
}

function randomCompany(endpoint: string, random: Random) {
  const inFlightByVariant: Record<string, number> = {};
  const promptTokensByVariant: Record<string, number> = {};
  let inFlight = 0;
  let tokensInFlight = 0;
  for (const { id } of catalogue.variants.filter((variant) => variant.endpoint === endpoint)) {
    const requests = Math.floor(random() * 8);
    const promptTokens = requests * Math.floor(random() ** 2 * 4_000);
    inFlight += requests;
    inFlightByVariant[id] = requests;
    promptTokensByVariant[id] = promptTokens;
    tokensInFlight += promptTokens + requests * (1 + Math.floor(random() * 300));
  }
  return { inFlight, inFlightByVariant, promptTokensByVariant, tokensInFlight };
}

/** Any request in any state of the pool: full, cooling, idle; tight, loose or no deadlines; pinned or not. */
export function randomObservation(random: Random): Observation {
  const endpoints = Object.fromEntries(
    catalogue.endpoints.map(({ id }) => [
      id,
      {
        ...idleLoad,
        ...randomCompany(id, random),
        promptTokensQueued: Math.floor(random() ** 3 * 50_000),
        coolingMs: random() < 0.2 ? 1_000 : 0,
      },
    ]),
  );
  const bound = () => (random() < 0.5 ? undefined : 10 ** (random() * 5));
  const changed = request({
    task: random() < 0.5 ? 'chat' : 'code',
    slo: { ttftMs: bound(), tpotMs: bound(), e2eMs: bound() },
    promptTokens: 1 + Math.floor(random() ** 2 * 9_000),
    maxOutputTokens: random() < 0.5 ? undefined : 1 + Math.floor(random() * 1_000),
    pinned: random() < 0.3 ? new Set(['small']) : undefined,
  });
  return observe(catalogue, { ...snapshot({}), endpoints }, changed, {
    snapshotAgeMs: random() < 0.1 ? Infinity : random() * 500,
    elapsedMs: random() * 2_000,
  });
}
