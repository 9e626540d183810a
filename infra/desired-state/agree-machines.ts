import { acceleratorsOf, knownInstanceTypes, pricePerHour } from '../cost/instances.ts';
import type { Component, Hosting } from './document.ts';
import type { SageMakerEndpoint } from './hosted.ts';
import { imageAddress } from './image.ts';

/**
 * What is wrong with an endpoint's machines.
 * @param path of the hosting in the deployment document
 * @param endpoint of the catalogue: its replicas are the most instances there will be
 */
export function machineFaults(
  path: string,
  hosting: Hosting,
  { replicas, maxInFlightPerReplica, backend }: SageMakerEndpoint,
): string[] {
  const { instanceType, minInstances, pricePerHourUsd } = hosting;
  const faults: string[] = [];
  if (minInstances > replicas)
    faults.push(
      `${path}.minInstances: above the catalogue’s replicas (${replicas}), received ${minInstances}`,
    );
  if (pricePerHour(instanceType) === undefined && pricePerHourUsd === undefined)
    faults.push(
      `${path}.instanceType: no price known for "${instanceType}"; give pricePerHourUsd, or use one of ${knownInstanceTypes.join(', ')}`,
    );
  if ('container' in hosting && hosting.scaling.concurrentRequests >= maxInFlightPerReplica)
    faults.push(
      `${path}.scaling.concurrentRequests: must be below the catalogue’s maxInFlightPerReplica (${maxInFlightPerReplica}), received ${hosting.scaling.concurrentRequests}`,
    );
  faults.push(...driverFaults(path, hosting), ...imageFaults(path, hosting, backend.region));
  const accelerators = acceleratorsOf(instanceType);
  if (accelerators === undefined || 'container' in hosting) return faults;
  return [...faults, ...placementFaults(path, hosting, accelerators, replicas)];
}

/**
 * Families whose instances come with an NVIDIA driver of 470 to 550
 * (docs.aws.amazon.com/sagemaker/latest/dg/inference-gpu-drivers.html). CUDA 13 runs from 580 on
 * (docs.nvidia.com/cuda/cuda-toolkit-release-notes).
 */
const withOlderDriver = /^ml\.(g4dn|g5|g6|p4d|p4de|p5|p5e|p5en)\./;

/** Containers that the driver is too old for. Their endpoint would not start, for half an hour, and log nothing. */
function driverFaults(path: string, hosting: Hosting): string[] {
  const { instanceType, inferenceAmiVersion } = hosting;
  if (inferenceAmiVersion !== undefined || !withOlderDriver.test(instanceType)) return [];
  const images = imagesOf(hosting).filter((image) => /-cu1[3-9]\d/.test(image));
  return images.map(
    (image) =>
      `${path}.inferenceAmiVersion: missing; the driver that ${instanceType} comes with is too old for ${image}; one for CUDA 13 is al2023-ami-sagemaker-inference-gpu-4-1`,
  );
}

/** Images from another region's registry, which SageMaker does not take (API reference, ContainerDefinition). */
function imageFaults(path: string, hosting: Hosting, region: string): string[] {
  return imagesOf(hosting)
    .filter((image) => imageAddress(image).region !== region)
    .map((image) => `${path}: image ${image} has to be of the endpoint's region, ${region}`);
}

function imagesOf(hosting: Hosting): readonly string[] {
  const containers =
    'container' in hosting
      ? [hosting.container]
      : Object.values(hosting.components).map(({ container }) => container);
  return [...new Set(containers.map(({ image }) => image))];
}

/** Components that fit on no instance, or not all at once on all instances. */
function placementFaults(
  path: string,
  { instanceType, components }: { instanceType: string; components: Readonly<Record<string, Component>> },
  accelerators: number,
  replicas: number,
): string[] {
  const faults = Object.entries(components)
    .filter(([, component]) => component.accelerators > accelerators)
    .map(
      ([name, component]) =>
        `${path}.components.${name}.accelerators: ${instanceType} has ${accelerators}, received ${component.accelerators}`,
    );
  const needed = Object.values(components).reduce(
    (sum, { copies, ...each }) => sum + copies.min * each.accelerators,
    0,
  );
  if (needed > accelerators * replicas)
    faults.push(
      `${path}.components: need ${needed} accelerators, and ${replicas} × ${instanceType} have ${accelerators * replicas}`,
    );
  return faults;
}
