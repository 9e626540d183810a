import { type AwsDeployment, deploymentSchema } from '../../infra/desired-state/document.ts';
import type { Environment } from '../../infra/desired-state/environment.ts';
import { type CatalogueInput, catalogueSchema } from '../../src/routing/catalogue.ts';

const image = '763104351884.dkr.ecr.eu-west-1.amazonaws.com/djl-inference:1.0';

const container = { image };
const scaling = { concurrentRequests: 8 };

/** Two models that share an endpoint's instances, one with an endpoint of its own, one on Workers AI. */
export const mixedCatalogue: CatalogueInput = {
  pool: 'mixed',
  endpoints: [
    {
      id: 'shared',
      backend: { kind: 'sagemaker', region: 'eu-west-1', endpointName: 'Shared-GPUs' },
      replicas: 3,
    },
    {
      id: 'own',
      backend: { kind: 'sagemaker', region: 'eu-west-1', endpointName: 'own-gpus' },
      replicas: 2,
      maxInFlightPerReplica: 100,
    },
    { id: 'edge', backend: { kind: 'workers-ai' } },
  ],
  variants: [
    variant('big', 'shared', 3, { inferenceComponent: 'big-part' }),
    variant('tiny', 'shared', 1, { inferenceComponent: 'tiny-part' }),
    variant('whole', 'own', 4, {}),
    { ...variant('whole-short', 'own', 2, { maxOutputTokens: 64 }), servedAs: 'org/whole' },
    variant('light', 'edge', 1, {}),
  ],
  tasks: { chat: { slo: { ttftMs: 1000 } } },
  defaultTask: 'chat',
};

function variant(id: string, endpoint: string, tier: number, parameters: object) {
  return {
    id,
    endpoint,
    tier,
    parameters,
    model: id,
    servedAs: `org/${id}`,
    contextTokens: 1000 * tier,
    quality: { chat: tier / 5 },
  };
}

/** The machines of `mixedCatalogue`. */
export const mixedDocument = {
  catalogue: 'mixed.json',
  aws: {
    identity: 'access-key',
    alarmEmail: 'operator@sluice.test',
    monthlyBudgetUsd: 1234,
    endpoints: {
      shared: {
        instanceType: 'ml.g5.12xlarge',
        minInstances: 2,
        components: {
          'big-part': {
            container: { ...container, weights: 's3://weights/big/' },
            accelerators: 2,
            memoryMb: 40_000,
            copies: { min: 2, max: 5 },
            scaling,
          },
          'tiny-part': { container, accelerators: 1, memoryMb: 8_000, copies: { min: 1, max: 4 }, scaling },
        },
      },
      own: {
        instanceType: 'ml.g6.2xlarge',
        minInstances: 1,
        container: { ...container, environment: { OPTION_QUANTIZE: 'fp8' } },
        scaling: { concurrentRequests: 20, scaleInCooldownS: 1200, scaleIn: false },
      },
    },
  },
  expected: { requestsPerMonth: 1_000_000, promptTokens: 500, outputTokens: 100, shares: {} },
};

/**
 * An environment made of them, as if it had been read from files.
 * @param changes to what of it is on AWS
 */
export function mixedEnvironment(changes: Partial<AwsDeployment> = {}): Environment {
  const document = deploymentSchema.parse(mixedDocument);
  return {
    name: 'staging',
    stackName: 'mixed-stack',
    worker: {
      name: 'mixed-worker',
      variables: {},
      bindings: ['POOL', 'AI'],
      domain: 'gateway.sluice.test',
      artifactBucket: 'artifacts',
      carriesOnnxruntime: false,
    },
    document: { ...document, aws: { ...document.aws!, ...changes } },
    catalogue: catalogueSchema.parse(mixedCatalogue),
    catalogueText: JSON.stringify(mixedCatalogue),
  };
}
