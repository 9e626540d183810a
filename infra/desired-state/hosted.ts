import type { Catalogue, Endpoint, Variant } from '../../src/routing/catalogue.ts';
import type { AwsDeployment, Component, Container, Hosting } from './document.ts';

/** The only production variant that an endpoint of ours has. */
export const productionVariant = 'main';

/** A container with its model, as the catalogue and the deployment document together describe it. */
export interface HostedModel {
  /** Name of its inference component; undefined where it has the endpoint's instances for itself. */
  readonly component: string | undefined;
  /** The name its requests carry. */
  readonly servedAs: string;
  readonly contextTokens: number;
  /** The best quality tier among the variants it serves. */
  readonly tier: number;
  readonly container: Container;
  readonly share: Component | undefined;
}

/** A SageMaker endpoint to be there. */
export interface HostedEndpoint {
  readonly id: string;
  readonly endpointName: string;
  readonly region: string;
  readonly instanceType: string;
  readonly minInstances: number;
  readonly maxInstances: number;
  /** Requests that the gateway's ledger lets into one instance. */
  readonly maxInFlightPerReplica: number;
  readonly hosting: Hosting;
  readonly models: readonly HostedModel[];
}

/** An endpoint of the catalogue that SageMaker serves. */
export type SageMakerEndpoint = Endpoint & {
  readonly backend: Extract<Endpoint['backend'], { kind: 'sagemaker' }>;
};

/** The catalogue's endpoints that SageMaker serves. */
export function sageMakerEndpoints(catalogue: Catalogue): readonly SageMakerEndpoint[] {
  return catalogue.endpoints.filter(
    (endpoint): endpoint is SageMakerEndpoint => endpoint.backend.kind === 'sagemaker',
  );
}

/** The catalogue's SageMaker endpoints on their machines, of a catalogue and a document that agree. */
export function hostedEndpoints(catalogue: Catalogue, aws: AwsDeployment): readonly HostedEndpoint[] {
  return sageMakerEndpoints(catalogue).map((endpoint) => {
    const hosting = aws.endpoints[endpoint.id]!;
    const variants = catalogue.variants.filter((variant) => variant.endpoint === endpoint.id);
    return {
      id: endpoint.id,
      endpointName: endpoint.backend.endpointName,
      region: endpoint.backend.region,
      instanceType: hosting.instanceType,
      minInstances: hosting.minInstances,
      maxInstances: endpoint.replicas,
      maxInFlightPerReplica: endpoint.maxInFlightPerReplica,
      hosting,
      models: modelsOf(hosting, variants),
    };
  });
}

function modelsOf(hosting: Hosting, variants: readonly Variant[]): readonly HostedModel[] {
  if ('container' in hosting) return [model(undefined, hosting.container, variants, undefined)];
  return Object.entries(hosting.components).map(([name, component]) =>
    model(
      name,
      component.container,
      variants.filter(({ parameters }) => parameters.inferenceComponent === name),
      component,
    ),
  );
}

function model(
  component: string | undefined,
  container: Container,
  variants: readonly Variant[],
  share: Component | undefined,
): HostedModel {
  return {
    component,
    servedAs: servedName(variants[0]!),
    contextTokens: Math.max(...variants.map(({ contextTokens }) => contextTokens)),
    tier: Math.max(...variants.map(({ tier }) => tier)),
    container,
    share,
  };
}

/** The name under which a variant's server knows its model. */
export function servedName({ servedAs, model }: Variant): string {
  return servedAs ?? model;
}
