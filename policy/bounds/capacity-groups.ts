import type { Variant } from '../../src/routing/catalogue.ts';
import { type Fleet, type Hardware, variantsOn } from '../arena/fleet.ts';
import type { RequestWork } from './request-work.ts';

/** Replicas that all host the same models, run alike, on which they share the time. */
export interface CapacityGroup {
  readonly replicas: number;
  readonly engines: readonly { readonly variant: Variant; readonly work: RequestWork }[];
}

/** The fleet's replicas, those alike together. */
export function capacityGroups(fleet: Fleet, workOf: (hardware: Hardware) => RequestWork): CapacityGroup[] {
  const groups = new Map<string, { replicas: number; variants: readonly Variant[] }>();
  for (const endpoint of fleet.catalogue.endpoints) {
    const variants = variantsOn(fleet.catalogue, endpoint);
    const alike = JSON.stringify(
      variants.map(({ id, quality, parameters }) => [
        fleet.hardware.get(id),
        quality,
        parameters.maxOutputTokens,
      ]),
    );
    const known = groups.get(alike);
    if (known === undefined) groups.set(alike, { replicas: endpoint.replicas, variants });
    else known.replicas += endpoint.replicas;
  }
  return [...groups.values()].map(({ replicas, variants }) => ({
    replicas,
    engines: variants.map((variant) => ({
      variant,
      work: workOf(fleet.hardware.get(variant.id)!),
    })),
  }));
}
