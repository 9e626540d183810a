import type { Variant } from '../../src/routing/catalogue.ts';
import type { Hosting } from './document.ts';
import { productionVariant, servedName } from './hosted.ts';

/** In what an endpoint's containers and the variants that name it do not fit together. */
export function modelFaults(id: string, hosting: Hosting, variants: readonly Variant[]): string[] {
  if (variants.length === 0) return [`catalogue endpoint ${id}: no variant uses it`];
  const byComponent = Map.groupBy(variants, ({ parameters }) => parameters.inferenceComponent);
  return [
    ...variants.flatMap(addresseeFaults),
    ...componentFaults(id, hosting, byComponent),
    ...[...byComponent.values()].flatMap(servedNameFaults),
  ];
}

/** Ways of SageMaker to name a model that what is deployed from here does not have. */
function addresseeFaults({ id, parameters: { targetModel, targetVariant } }: Variant): string[] {
  const faults: string[] = [];
  if (targetModel !== undefined)
    faults.push(
      `catalogue variant ${id}: targetModel needs a multi-model endpoint, which is not deployed from here`,
    );
  if (targetVariant !== undefined && targetVariant !== productionVariant)
    faults.push(
      `catalogue variant ${id}: targetVariant has to be "${productionVariant}", received "${targetVariant}"`,
    );
  return faults;
}

/** Components that only the catalogue knows, or only the deployment document. */
function componentFaults(
  id: string,
  hosting: Hosting,
  byComponent: ReadonlyMap<string | undefined, readonly Variant[]>,
): string[] {
  const path = `aws.endpoints.${id}`;
  const offered: readonly (string | undefined)[] =
    'container' in hosting ? [undefined] : Object.keys(hosting.components);
  const faults = [...byComponent]
    .filter(([component]) => !offered.includes(component))
    .map(([component, variants]) =>
      component === undefined
        ? `${path}: shared by components, yet variants ${idsOf(variants)} name none`
        : `${path}.components.${component}: missing; variants ${idsOf(variants)} name it`,
    );
  for (const component of offered)
    if (!byComponent.has(component))
      faults.push(
        `${path}.${component === undefined ? 'container' : `components.${component}`}: no variant uses it`,
      );
  return faults;
}

function servedNameFaults(variants: readonly Variant[]): string[] {
  const names = new Set(variants.map(servedName));
  if (names.size === 1) return [];
  return [`catalogue variants ${idsOf(variants)}: one container cannot serve ${[...names].join(' and ')}`];
}

function idsOf(variants: readonly Variant[]): string {
  return variants.map(({ id }) => id).join(', ');
}
