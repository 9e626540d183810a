import type { CatalogueInput } from '../../src/routing/catalogue.ts';
import { contractFleet, contractKey, contractModels } from './contract-fleet.ts';
import type { GatewayOptions } from './gateway.ts';

/** Quality of the variants, so that `auto` has a favourite. */
const qualities = { sagemaker: 0.9, openai: 0.8, 'workers-ai-older': 0.5, 'workers-ai-newer': 0.6 };

const backends: Record<keyof typeof contractModels, CatalogueInput['endpoints'][number]['backend']> = {
  sagemaker: {
    kind: 'sagemaker',
    region: 'eu-central-1',
    endpointName: 'contract',
    url: '$FLEET_URL',
  },
  openai: { kind: 'openai', baseUrl: '$FLEET_URL/openai/openai/v1', apiKeySecret: 'CONTRACT_KEY' },
  'workers-ai-older': { kind: 'workers-ai' },
  'workers-ai-newer': { kind: 'workers-ai' },
};

/** Ids of the variants, one per backend and shape. */
export const variantIds = ['sagemaker', 'openai', 'workers-ai-older', 'workers-ai-newer'] as const;
export type VariantId = (typeof variantIds)[number];

/** The older models of Workers AI know neither log probabilities nor several answers. */
export const fullVariantIds = ['sagemaker', 'openai', 'workers-ai-newer'] as const;

/** One variant per backend and shape, each on an endpoint of its own, all with the same small model. */
export const everyBackend: GatewayOptions = {
  fleet: contractFleet,
  catalogue: {
    pool: 'every-backend',
    endpoints: variantIds.map((id) => ({ id, backend: backends[id] })),
    variants: variantIds.map((id) => ({
      id,
      endpoint: id,
      model: `llama-on-${id}`,
      servedAs: contractModels[id],
      contextTokens: 8_192,
      ...(id === 'workers-ai-older' && { can: ['tools', 'response_format'] as const }),
      quality: { chat: qualities[id], code: qualities[id] / 2 },
      prior: { ttftMs: 5, ttftMsPerToken: 0.01, tpotMs: 3, tpotMsPerRequest: 0.1 },
    })),
    tasks: {
      chat: { slo: { ttftMs: 2_000, tpotMs: 100 }, outputTokens: 60 },
      code: { slo: { e2eMs: 10_000 }, outputTokens: 100, minQuality: 0.1, class: 'batch' },
    },
    defaultTask: 'chat',
  },
  variables: { CONTRACT_KEY: contractKey },
};
