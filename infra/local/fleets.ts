import type { EndpointDefinition, FleetDefinition, ModelDefinition } from './definition.ts';
import type { LengthLaw } from './generation/text.ts';

function sagemaker(endpointName: string) {
  return { kind: 'sagemaker', endpointName, region: 'us-east-1' } as const;
}

/** Eight H100: one tensor-parallel group of four for the 70B, two replicas of the 8B, one of each of the small ones. */
function chatFleet(): FleetDefinition {
  // The conversation trace of Azure 2023: 211 output tokens in the mean.
  const answers: LengthLaw = { medianTokens: 146, sigma: 0.86 };
  const llama = (size: string, name: string): ModelDefinition => ({
    name,
    coefficients: `H100/llama-${size}`,
    contextTokens: 32_768,
    answers,
  });
  return {
    endpoints: [
      {
        id: 'large',
        protocol: sagemaker('llama-70b'),
        replicas: 1,
        models: [llama('3.1-70b', 'meta-llama/Llama-3.1-70B-Instruct')],
      },
      {
        id: 'medium',
        protocol: sagemaker('llama-8b'),
        replicas: 2,
        models: [llama('3.1-8b', 'meta-llama/Llama-3.1-8B-Instruct')],
      },
      {
        id: 'small',
        protocol: { kind: 'openai' },
        replicas: 1,
        models: [llama('3.2-3b', 'meta-llama/Llama-3.2-3B-Instruct')],
      },
      {
        id: 'edge',
        protocol: { kind: 'workers-ai' },
        replicas: 1,
        models: [
          {
            ...llama('3.2-1b', '@cf/meta/llama-3.2-1b-instruct'),
            shape: 'response',
            defaultMaxTokens: 256,
          },
        ],
      },
    ],
  };
}

const paperSizes = [
  { size: 'small', model: 'opt-125m' },
  { size: 'medium', model: 'opt-1.3b' },
  { size: 'large', model: 'opt-6.7b' },
] as const;

function opt(model: string): ModelDefinition {
  return {
    name: `facebook/${model}`,
    coefficients: `A100/${model}`,
    contextTokens: 2048,
    answers: { medianTokens: 16, sigma: 0.5 },
  };
}

/** Four A100: one small, one medium, two large. */
function paperPartitionedFleet(): FleetDefinition {
  return {
    endpoints: paperSizes.map(({ size, model }) => ({
      id: size,
      protocol: sagemaker(model.replace('.', '-')),
      replicas: size === 'large' ? 2 : 1,
      models: [opt(model)],
    })),
  };
}

/** Four A100, each an endpoint with an inference component for each of the three models. */
function paperCohostedFleet(): FleetDefinition {
  const endpoint = (id: string): EndpointDefinition => ({
    id,
    protocol: sagemaker(id),
    replicas: 1,
    models: paperSizes.map(({ size, model }) => ({
      ...opt(model),
      selector: { inferenceComponent: `${id}-${size}` },
    })),
  });
  return { endpoints: ['gpu-0', 'gpu-1', 'gpu-2', 'gpu-3'].map(endpoint) };
}

/** The bench's fleets. The catalogues of the same names in `src/catalogues/` describe them to the gateway. */
export const fleets = {
  chat: chatFleet(),
  'paper-partitioned': paperPartitionedFleet(),
  'paper-cohosted': paperCohostedFleet(),
} satisfies Record<string, FleetDefinition>;
export type FleetName = keyof typeof fleets;

export const fleetNames = Object.keys(fleets) as readonly FleetName[];

export function isFleetName(name: string): name is FleetName {
  return Object.hasOwn(fleets, name);
}
