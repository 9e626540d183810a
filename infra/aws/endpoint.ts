import { Tags } from 'aws-cdk-lib';
import { CfnEndpoint, CfnEndpointConfig, CfnInferenceComponent, CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import { Construct } from 'constructs';
import type { Hosting } from '../desired-state/document.ts';
import { type HostedEndpoint, type HostedModel, productionVariant } from '../desired-state/hosted.ts';
import { containerEnvironment } from './container.ts';

export interface SageMakerEndpointProps {
  readonly endpoint: HostedEndpoint;
  /** The role that SageMaker assumes to start the containers. */
  readonly executionRoleArn: string;
}

/** One endpoint of the catalogue: its models, its instances and, where models share them, their components. */
export class SageMakerEndpoint extends Construct {
  readonly arn: string;
  readonly components: readonly CfnInferenceComponent[];
  /** What exists before the endpoint's capacity may be scaled. */
  readonly resource: CfnEndpoint;

  constructor(scope: Construct, id: string, { endpoint, executionRoleArn }: SageMakerEndpointProps) {
    super(scope, id);
    const models = endpoint.models.map((model) => ({
      model,
      resource: this.#model(model, executionRoleArn),
    }));
    const shared = 'components' in endpoint.hosting;
    const config = new CfnEndpointConfig(this, 'Config', {
      productionVariants: [
        shared ? sharedInstances(endpoint) : ownInstances(endpoint, models[0]!.resource.attrModelName),
      ],
      ...(shared && {
        executionRoleArn,
        enableNetworkIsolation: needsNoNetwork(endpoint.models),
      }),
    });
    this.resource = new CfnEndpoint(this, 'Endpoint', {
      endpointName: endpoint.endpointName,
      endpointConfigName: config.attrEndpointConfigName,
      // An update must not undo what scaling has decided.
      retainAllVariantProperties: true,
    });
    this.arn = this.resource.ref;
    this.components = shared
      ? models.map(({ model, resource }) => this.#component(model, resource.attrModelName))
      : [];
    Tags.of(this).add('endpoint', endpoint.id);
  }

  #model(model: HostedModel, executionRoleArn: string): CfnModel {
    const resource = new CfnModel(this, `Model${model.component ?? ''}`, {
      executionRoleArn,
      primaryContainer: {
        image: model.container.image,
        environment: containerEnvironment(model),
        ...(model.container.weights !== undefined && {
          modelDataSource: {
            s3DataSource: {
              s3Uri: model.container.weights,
              s3DataType: 'S3Prefix',
              compressionType: 'None',
            },
          },
        }),
      },
      // Components take it from their endpoint.
      ...(model.component === undefined && { enableNetworkIsolation: needsNoNetwork([model]) }),
    });
    Tags.of(resource).add('quality-tier', String(model.tier));
    return resource;
  }

  #component(model: HostedModel, modelName: string): CfnInferenceComponent {
    const share = model.share!;
    const component = new CfnInferenceComponent(this, `Component${model.component}`, {
      inferenceComponentName: model.component!,
      endpointName: this.resource.attrEndpointName,
      variantName: productionVariant,
      specification: {
        modelName,
        computeResourceRequirements: {
          numberOfAcceleratorDevicesRequired: share.accelerators,
          minMemoryRequiredInMb: share.memoryMb,
        },
        startupParameters: {
          containerStartupHealthCheckTimeoutInSeconds: model.container.startUpS,
          modelDataDownloadTimeoutInSeconds: model.container.startUpS,
        },
      },
      runtimeConfig: { copyCount: share.copies.min },
    });
    Tags.of(component).add('quality-tier', String(model.tier));
    return component;
  }
}

/** With weights of one's own a container has no business on the network. */
function needsNoNetwork(models: readonly HostedModel[]): boolean {
  return models.every(({ container }) => container.weights !== undefined);
}

/** The instances and what is installed on them, whoever shares them. */
function machines({ instanceType, inferenceAmiVersion }: Hosting) {
  return { instanceType, ...(inferenceAmiVersion !== undefined && { inferenceAmiVersion }) };
}

const routingConfig = { routingStrategy: 'LEAST_OUTSTANDING_REQUESTS' };

function ownInstances(
  { minInstances, models, hosting }: HostedEndpoint,
  modelName: string,
): CfnEndpointConfig.ProductionVariantProperty {
  const { startUpS } = models[0]!.container;
  return {
    variantName: productionVariant,
    modelName,
    ...machines(hosting),
    initialInstanceCount: minInstances,
    initialVariantWeight: 1,
    routingConfig,
    containerStartupHealthCheckTimeoutInSeconds: startUpS,
    modelDataDownloadTimeoutInSeconds: startUpS,
  };
}

/** Instances follow the copies placed on them; one at a time goes, and only when nothing is on it. */
function sharedInstances({
  minInstances,
  maxInstances,
  hosting,
}: HostedEndpoint): CfnEndpointConfig.ProductionVariantProperty {
  return {
    variantName: productionVariant,
    ...machines(hosting),
    initialInstanceCount: minInstances,
    routingConfig,
    managedInstanceScaling: {
      status: 'ENABLED',
      minInstanceCount: minInstances,
      maxInstanceCount: maxInstances,
      scaleInPolicy: { strategy: 'IDLE_RELEASE' },
    },
  };
}
