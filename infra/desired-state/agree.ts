import { requiredBindings } from '../../src/backends/required-bindings.ts';
import type { Catalogue } from '../../src/routing/catalogue.ts';
import { machineFaults } from './agree-machines.ts';
import { modelFaults } from './agree-models.ts';
import { nameFaults } from './agree-names.ts';
import type { DeploymentDocument } from './document.ts';
import { type SageMakerEndpoint, sageMakerEndpoints } from './hosted.ts';
import type { WorkerSettings } from './worker-settings.ts';

/** Everything in which the catalogue, the deployment document and the Worker's settings contradict each other. */
export function disagreements(
  catalogue: Catalogue,
  document: DeploymentDocument,
  worker: WorkerSettings,
): string[] {
  return [
    ...endpointFaults(catalogue, document),
    ...nameFaults(sageMakerEndpoints(catalogue), document, worker),
    ...bindingFaults(catalogue, worker),
    ...runtimeFaults(catalogue, worker),
    ...identityFaults(document, worker),
    ...shareFaults(catalogue, document),
  ];
}

function endpointFaults(catalogue: Catalogue, document: DeploymentDocument): string[] {
  const endpoints = sageMakerEndpoints(catalogue);
  const hostings = document.aws?.endpoints ?? {};
  const unknown = Object.keys(hostings).filter((id) => endpoints.every((endpoint) => endpoint.id !== id));
  const isNeedless = document.aws !== undefined && endpoints.length === 0;
  return [
    ...(isNeedless ? ['aws: the catalogue has no SageMaker endpoint; leave it out'] : []),
    ...unknown.map((id) => `aws.endpoints.${id}: the catalogue has no SageMaker endpoint of this id`),
    ...addressFaults(endpoints),
    ...endpoints.flatMap((endpoint) => {
      const { id } = endpoint;
      const hosting = hostings[id];
      if (hosting === undefined)
        return [`aws.endpoints.${id}: missing; the catalogue has this SageMaker endpoint`];
      const variants = catalogue.variants.filter(({ endpoint }) => endpoint === id);
      return [
        ...machineFaults(`aws.endpoints.${id}`, hosting, endpoint),
        ...modelFaults(id, hosting, variants),
      ];
    }),
  ];
}

function addressFaults(endpoints: readonly SageMakerEndpoint[]): string[] {
  const faults: string[] = [];
  const regions = new Set(endpoints.map(({ backend }) => backend.region));
  if (regions.size > 1)
    faults.push(`catalogue: endpoints in several regions (${[...regions].join(', ')}); one is supported`);
  for (const { id, backend } of endpoints)
    if (backend.url !== undefined)
      faults.push(
        `catalogue endpoint ${id}: url "${backend.url}" leads away from what is deployed; leave it out`,
      );
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

/** Without what runs it the policy would never decide, and each answer would say that the shadow price did. */
function runtimeFaults({ scorer }: Catalogue, { name, carriesOnnxruntime }: WorkerSettings): string[] {
  return scorer.kind === 'learned' && scorer.runtime === 'onnx' && !carriesOnnxruntime
    ? [
        `catalogue scorer.runtime: "onnx" needs CARRIES_ONNXRUNTIME = "true" in wrangler.toml’s define for ${name}`,
      ]
    : [];
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
  const unknown = Object.keys(expected.shares).filter((id) => !known.has(id));
  const priced = catalogue.variants.filter(
    ({ id, price }) => price !== undefined && !(id in expected.shares),
  );
  const faults = [
    ...unknown.map((id) => `expected.shares.${id}: no such variant; known: ${[...known].join(', ')}`),
    // Without it the estimate would count none of its tokens.
    ...priced.map(({ id }) => `expected.shares.${id}: missing; the catalogue has a price for it`),
  ];
  const total = Object.values(expected.shares).reduce((sum, share) => sum + share, 0);
  return total > 1 + 1e-9
    ? [...faults, `expected.shares: add up to ${total}, more than all requests`]
    : faults;
}
