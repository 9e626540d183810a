import { requiredBindings } from '../../src/backends/required-bindings.ts';
import type { Catalogue, Variant } from '../../src/routing/catalogue.ts';
import { acceleratorsOf, knownInstanceTypes, pricePerHour } from '../cost/instances.ts';
import type { DeploymentDocument, Hosting } from './document.ts';
import { sageMakerEndpoints, servedName } from './hosted.ts';
import type { WorkerSettings } from './worker-settings.ts';

/** The only production variant that an endpoint of ours has. */
export const productionVariant = 'main';

/** Everything in which the catalogue, the deployment document and the Worker's settings contradict each other. */
export function disagreements(
  catalogue: Catalogue,
  document: DeploymentDocument,
  worker: WorkerSettings,
): string[] {
  return [
    ...endpointFaults(catalogue, document),
    ...bindingFaults(catalogue, worker),
    ...identityFaults(document, worker),
    ...shareFaults(catalogue, document),
  ];
}

function endpointFaults(catalogue: Catalogue, document: DeploymentDocument): string[] {
  const endpoints = sageMakerEndpoints(catalogue);
  const hostings = document.aws?.endpoints ?? {};
  const ids = new Set(endpoints.map(({ id }) => id));
  const faults = Object.keys(hostings)
    .filter((id) => !ids.has(id))
    .map((id) => `aws.endpoints.${id}: the catalogue has no SageMaker endpoint of this id`);
  const [first, ...others] = new Set(endpoints.map(({ backend }) => backend.region));
  if (others.length > 0)
    faults.push(
      `catalogue: endpoints in several regions (${[first, ...others].join(', ')}); one is supported`,
    );
  const names = new Set<string>();
  for (const { id, backend, replicas } of endpoints) {
    if (names.has(backend.endpointName))
      faults.push(`catalogue endpoint ${id}: endpointName "${backend.endpointName}" is used twice`);
    names.add(backend.endpointName);
    if (backend.url !== undefined)
      faults.push(
        `catalogue endpoint ${id}: url "${backend.url}" leads away from what is deployed; leave it out`,
      );
    const hosting = hostings[id];
    if (hosting === undefined) {
      faults.push(`aws.endpoints.${id}: missing; the catalogue has this SageMaker endpoint`);
      continue;
    }
    const variants = catalogue.variants.filter(({ endpoint }) => endpoint === id);
    faults.push(
      ...machineFaults(`aws.endpoints.${id}`, hosting, replicas),
      ...modelFaults(id, hosting, variants),
    );
  }
  return faults;
}

function machineFaults(path: string, hosting: Hosting, replicas: number): string[] {
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
  const accelerators = acceleratorsOf(instanceType);
  if (accelerators === undefined || 'container' in hosting) return faults;
  const components = Object.values(hosting.components);
  const needed = components.reduce((sum, { copies, ...each }) => sum + copies.min * each.accelerators, 0);
  if (needed > accelerators * replicas)
    faults.push(
      `${path}.components: need ${needed} accelerators, and ${replicas} × ${instanceType} have ${accelerators * replicas}`,
    );
  for (const [name, component] of Object.entries(hosting.components))
    if (component.accelerators > accelerators)
      faults.push(
        `${path}.components.${name}.accelerators: ${instanceType} has ${accelerators}, received ${component.accelerators}`,
      );
  return faults;
}

function modelFaults(id: string, hosting: Hosting, variants: readonly Variant[]): string[] {
  const faults = variants.flatMap(({ id: variant, parameters }) => [
    ...(parameters.targetModel === undefined
      ? []
      : [
          `catalogue variant ${variant}: targetModel needs a multi-model endpoint, which is not deployed from here`,
        ]),
    ...(parameters.targetVariant === undefined || parameters.targetVariant === productionVariant
      ? []
      : [
          `catalogue variant ${variant}: targetVariant has to be "${productionVariant}", received "${parameters.targetVariant}"`,
        ]),
  ]);
  if (variants.length === 0) return [...faults, `catalogue endpoint ${id}: no variant uses it`];
  const asked = new Map<string, Variant[]>();
  for (const variant of variants) {
    const component = variant.parameters.inferenceComponent ?? '';
    asked.set(component, [...(asked.get(component) ?? []), variant]);
  }
  const offered = 'container' in hosting ? [''] : Object.keys(hosting.components);
  for (const component of asked.keys())
    if (!offered.includes(component))
      faults.push(
        component === ''
          ? `aws.endpoints.${id}: shared by components, yet variants ${ids(asked.get('')!)} name none`
          : `aws.endpoints.${id}.components.${component}: missing; variants ${ids(asked.get(component)!)} name it`,
      );
  for (const component of offered)
    if (!asked.has(component))
      faults.push(
        `aws.endpoints.${id}.${component === '' ? 'container' : `components.${component}`}: no variant uses it`,
      );
  for (const sharing of asked.values()) {
    const names = new Set(sharing.map(servedName));
    if (names.size > 1)
      faults.push(
        `catalogue variants ${ids(sharing)}: one container cannot serve ${[...names].join(' and ')}`,
      );
  }
  return faults;
}

/** What is bound under these names is made by the deployment; secrets are asked for when it runs. */
function bindingFaults(catalogue: Catalogue, worker: WorkerSettings): string[] {
  return catalogue.endpoints.flatMap(({ id, backend }) =>
    backend.kind !== 'workers-ai'
      ? []
      : requiredBindings(backend)
          .filter((name) => !worker.bindings.includes(name))
          .map(
            (name) =>
              `wrangler.toml: ${worker.name} binds no "${name}", which catalogue endpoint ${id} needs`,
          ),
  );
}

function identityFaults({ aws }: DeploymentDocument, worker: WorkerSettings): string[] {
  return aws?.identity === 'web-identity' && worker.domain === undefined
    ? [
        `aws.identity: web-identity needs an issuer AWS can reach; give ${worker.name} a custom domain in wrangler.toml`,
      ]
    : [];
}

function shareFaults(catalogue: Catalogue, { expected }: DeploymentDocument): string[] {
  const known = new Set(catalogue.variants.map(({ id }) => id));
  const faults = Object.keys(expected.shares)
    .filter((id) => !known.has(id))
    .map((id) => `expected.shares.${id}: no such variant; known: ${[...known].join(', ')}`);
  const total = Object.values(expected.shares).reduce((sum, share) => sum + share, 0);
  return total > 1 + 1e-9
    ? [...faults, `expected.shares: add up to ${total}, more than all requests`]
    : faults;
}

function ids(variants: readonly Variant[]): string {
  return variants.map(({ id }) => id).join(', ');
}
