import { onTestFinished } from 'vitest';
import type { FleetDefinition, ModelDefinition } from '../../infra/local/definition.ts';
import { type Fleet, type FleetOptions, startFleet } from '../../infra/local/fleet.ts';

const model: ModelDefinition = {
  name: 'tiny',
  coefficients: 'A100/opt-125m',
  contextTokens: 2_048,
  answers: { medianTokens: 20, sigma: 0.3 },
};

export const apiKey = 'sk-fleet-key';

/** Every protocol and every way to address a model, on small models. */
export const smallFleet: FleetDefinition = {
  endpoints: [
    {
      id: 'aws',
      protocol: { kind: 'sagemaker', endpointName: 'aws', region: 'eu-west-1' },
      replicas: 1,
      models: [model],
    },
    {
      id: 'shared',
      protocol: { kind: 'sagemaker', endpointName: 'shared', region: 'eu-west-1' },
      replicas: 1,
      models: [
        { ...model, name: 'component-a', selector: { inferenceComponent: 'a' } },
        { ...model, name: 'component-b', selector: { inferenceComponent: 'b' } },
      ],
    },
    {
      id: 'artifacts',
      protocol: { kind: 'sagemaker', endpointName: 'artifacts', region: 'eu-west-1' },
      replicas: 1,
      models: [{ ...model, name: 'artifact', selector: { targetModel: 'a.tar.gz' } }],
    },
    {
      id: 'variants',
      protocol: { kind: 'sagemaker', endpointName: 'variants', region: 'eu-west-1' },
      replicas: 1,
      models: [
        { ...model, name: 'blue', selector: { targetVariant: 'Blue' } },
        { ...model, name: 'any' },
      ],
    },
    { id: 'vllm', protocol: { kind: 'openai' }, replicas: 2, models: [model], maxWaitingPerReplica: 1 },
    { id: 'keyed', protocol: { kind: 'openai', apiKey }, replicas: 1, models: [model] },
    {
      id: 'older',
      protocol: { kind: 'workers-ai' },
      replicas: 1,
      models: [{ ...model, name: '@cf/older', shape: 'response', defaultMaxTokens: 256 }],
    },
    {
      id: 'newer',
      protocol: { kind: 'workers-ai' },
      replicas: 1,
      models: [{ ...model, name: '@cf/newer', shape: 'choices' }],
    },
  ],
};

/** A small fleet for one test. */
export async function startSmallFleet(options: Partial<FleetOptions> = {}): Promise<Fleet> {
  const fleet = await startFleet({ fleet: smallFleet, ...options });
  onTestFinished(() => fleet.close());
  return fleet;
}

/** A chat request that asks for an answer of so many tokens. */
export function asking(tokens: number, fields: object = {}): string {
  return JSON.stringify({
    messages: [{ role: 'user', content: `Answer in exactly ${tokens} tokens.` }],
    ...fields,
  });
}

/** Data of the server-sent events in a text. */
export function eventsIn(text: string): string[] {
  return text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => block.replace(/^data: /, ''));
}
