import { type Catalogue, type CatalogueInput, catalogueSchema } from '../../src/routing/catalogue.ts';

/** Two endpoints, three variants, two tasks: small enough to reason about by hand. */
export const smallCatalogue: CatalogueInput = {
  pool: 'small',
  endpoints: [
    {
      id: 'big',
      backend: { kind: 'openai', baseUrl: 'http://127.0.0.1:1/big/v1' },
      maxInFlightPerReplica: 2,
    },
    {
      id: 'fast',
      backend: { kind: 'openai', baseUrl: 'http://127.0.0.1:1/fast/v1' },
      replicas: 2,
      maxInFlightPerReplica: 4,
    },
  ],
  variants: [
    {
      id: 'large',
      endpoint: 'big',
      model: 'm-large',
      contextTokens: 8_000,
      tier: 3,
      quality: { chat: 0.9, code: 0.8 },
      prior: { ttftMs: 200, ttftMsPerToken: 0.2, tpotMs: 30, tpotMsPerRequest: 5 },
    },
    {
      id: 'small',
      endpoint: 'fast',
      model: 'm-small',
      contextTokens: 4_000,
      tier: 1,
      quality: { chat: 0.6, code: 0.3 },
      prior: { ttftMs: 50, ttftMsPerToken: 0.02, tpotMs: 5, tpotMsPerRequest: 0.5 },
    },
    {
      id: 'small-short',
      endpoint: 'fast',
      model: 'm-small',
      contextTokens: 4_000,
      tier: 1,
      can: [],
      quality: { chat: 0.5, code: 0.2 },
      parameters: { maxOutputTokens: 50 },
      prior: { ttftMs: 50, ttftMsPerToken: 0.02, tpotMs: 5, tpotMsPerRequest: 0.5 },
    },
  ],
  tasks: {
    chat: { slo: { ttftMs: 1_000, tpotMs: 60 }, outputTokens: 100 },
    code: { slo: { e2eMs: 5_000 }, outputTokens: 200, minQuality: 0.25 },
  },
  defaultTask: 'chat',
  scorer: { kind: 'shadow-price' },
};

export const catalogue: Catalogue = catalogueSchema.parse(smallCatalogue);
