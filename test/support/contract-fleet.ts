import type { FleetDefinition, ModelDefinition } from '../../infra/local/definition.ts';

/** What the servers call the model. Workers AI's are told apart by it alone. */
export const contractModels = {
  sagemaker: 'meta-llama/Llama-3.2-1B-Instruct',
  openai: 'meta-llama/Llama-3.2-1B-Instruct',
  'workers-ai-older': '@cf/meta/llama-3.2-1b-instruct',
  'workers-ai-newer': '@cf/meta/llama-3.2-1b-instruct-v2',
} as const;
export type ContractEndpoint = keyof typeof contractModels;

export const contractKey = 'sk-contract-0123456789';

function model(endpoint: ContractEndpoint): ModelDefinition {
  return {
    name: contractModels[endpoint],
    coefficients: 'H100/llama-3.2-1b',
    contextTokens: 8_192,
    answers: { medianTokens: 60, sigma: 0.5 },
  };
}

/** One endpoint of each kind, all with the same small model. */
export const contractFleet: FleetDefinition = {
  endpoints: [
    {
      id: 'sagemaker',
      protocol: { kind: 'sagemaker', endpointName: 'contract', region: 'eu-central-1' },
      replicas: 1,
      models: [model('sagemaker')],
    },
    {
      id: 'openai',
      protocol: { kind: 'openai', apiKey: contractKey },
      replicas: 1,
      models: [model('openai')],
    },
    {
      id: 'workers-ai-older',
      protocol: { kind: 'workers-ai' },
      replicas: 1,
      models: [{ ...model('workers-ai-older'), shape: 'response', defaultMaxTokens: 256 }],
    },
    {
      id: 'workers-ai-newer',
      protocol: { kind: 'workers-ai' },
      replicas: 1,
      models: [{ ...model('workers-ai-newer'), shape: 'choices', defaultMaxTokens: 256 }],
    },
  ],
};
