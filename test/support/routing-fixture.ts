import type { EndpointDefinition } from '../../infra/local/definition.ts';
import type { CatalogueInput } from '../../src/routing/catalogue.ts';
import type { GatewayOptions } from './gateway.ts';

type Endpoint = CatalogueInput['endpoints'][number];
type Variant = CatalogueInput['variants'][number];

/** Time without a token after which an endpoint is given up: short, since tests wait for it. */
const patience = { firstTokenMs: 1_500, nextTokenMs: 1_000, completionMs: 1_500 };

function served(id: string): EndpointDefinition {
  const model = {
    name: id,
    coefficients: 'H100/llama-3.2-1b',
    contextTokens: 16_384,
    answers: { medianTokens: 20, sigma: 0.3 },
  };
  return { id, protocol: { kind: 'openai' }, replicas: 1, models: [model] };
}

function reached(id: string, places = 32): Endpoint {
  return {
    id,
    backend: { kind: 'openai', baseUrl: `$FLEET_URL/openai/${id}/v1` },
    maxInFlightPerReplica: places,
  };
}

function variant(endpoint: string, quality: number, rest: Partial<Variant> = {}): Variant {
  return {
    id: endpoint,
    endpoint,
    model: `m-${endpoint}`,
    servedAs: endpoint,
    contextTokens: 8_192,
    quality: { chat: quality, code: quality },
    prior: { ttftMs: 5, ttftMsPerToken: 0.01, tpotMs: 3, tpotMsPerRequest: 0.1 },
    ...rest,
  };
}

/** The two endpoints of a pair, the better one first. The spare has the longer context. */
export const first = (pair: string) => `${pair}-a`;
export const spare = (pair: string) => `${pair}-b`;

function pairOf(name: string): Variant[] {
  const model = `pair-${name}`;
  return [variant(first(name), 0.2, { model }), variant(spare(name), 0.1, { model, contextTokens: 16_384 })];
}

/**
 * `large`, `small` and its short twin to choose from; `narrow` and `wide`, one place each, under one model's name; and
 * pairs of endpoints of their own, under the model's name `pair-…`, for tests that let one of them fail.
 */
export function routingFixture(pairs: readonly string[]): GatewayOptions {
  const pairVariants = pairs.flatMap(pairOf);
  const endpoints = ['large', 'small', 'narrow', 'wide', ...pairVariants.map(({ endpoint }) => endpoint)];
  const places = (id: string) => (id === 'narrow' || id === 'wide' ? 1 : 32);
  return {
    fleet: { endpoints: endpoints.map(served) },
    catalogue: {
      pool: 'routing',
      endpoints: endpoints.map((id) => reached(id, places(id))),
      variants: [
        variant('large', 0.9, { tier: 3, contextTokens: 4_096 }),
        variant('small', 0.5, { tier: 1, can: [] }),
        variant('small', 0.4, { id: 'small-short', can: [], parameters: { maxOutputTokens: 50 } }),
        variant('narrow', 0.2, { model: 'm-crowded' }),
        variant('wide', 0.1, { model: 'm-crowded' }),
        ...pairVariants,
      ],
      tasks: {
        chat: { slo: { ttftMs: 2_000, tpotMs: 100 }, outputTokens: 20 },
        code: { slo: { e2eMs: 10_000 }, outputTokens: 40, minQuality: 0.45, class: 'batch' },
      },
      defaultTask: 'chat',
      scorer: { kind: 'shadow-price' },
      patience,
    },
  };
}
