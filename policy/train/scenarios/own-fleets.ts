import type { Random } from '../../../src/platform/random.ts';
import { type Catalogue, catalogueSchema, type Slo, type Variant } from '../../../src/routing/catalogue.ts';
import { namedFleet } from '../../arena/named-fleets.ts';
import { familyOf } from '../../workloads/families.ts';
import type { JointLengths } from '../../workloads/lengths.ts';
import type { DrawnFleet } from './drawn-fleet.ts';
import { clamped, factor, written } from './draws.ts';
import { scaledLengths } from './lengths.ts';
import { guessed } from './prior.ts';
import { perturbedQuality } from './quality.ts';

/** The bench's fleets, each with a variant of its largest model. */
const largest = {
  'paper-partitioned': 'large',
  'paper-cohosted': 'gpu-0-large',
  chat: 'llama-3.1-70b',
} as const;
export type OwnShape = keyof typeof largest;
export const ownShapes = Object.keys(largest) as readonly OwnShape[];

/** How often the fleet stays as the bench has it. */
const shareExact = 0.25;

/**
 * One of the bench's fleets with the same models on the same endpoints. Its qualities, deadlines, lengths and priors
 * are the bench's, or off by up to some tens of percent.
 */
export function ownFleet(shape: OwnShape, random: Random): DrawnFleet {
  const fleet = namedFleet(shape);
  const lengths = lengthsOf(fleet.catalogue);
  const exact = { fleet, largestId: largest[shape], lengths };
  if (random() < shareExact) return exact;
  const extent = random();
  const outputFactor = clamped(factor(0.4 * extent, random), 0.4, 2.5);
  return {
    ...exact,
    fleet: { ...fleet, catalogue: perturbed(fleet.catalogue, extent, outputFactor, random) },
    lengths: Object.fromEntries(
      Object.entries(lengths).map(([task, law]) => {
        const promptFactor = clamped(factor(0.3 * extent, random), 0.5, 2);
        return [task, scaledLengths(law, promptFactor, outputFactor)];
      }),
    ),
  };
}

function lengthsOf(catalogue: Catalogue): Readonly<Record<string, JointLengths>> {
  return Object.fromEntries(
    Object.keys(catalogue.tasks).map((task) => {
      const { lengths } = familyOf(task)[task]!;
      if (lengths === 'recorded') throw new TypeError(`task ${task}: its lengths are recorded, not a law`);
      return [task, lengths];
    }),
  );
}

/** @param extent 0: as it is, 1: as far off as it gets */
function perturbed(catalogue: Catalogue, extent: number, outputFactor: number, random: Random): Catalogue {
  const models = [...new Set(catalogue.variants.map(({ model }) => model))];
  // Endpoints that run the same model know the same of it.
  const byModel = new Map(
    models.map((model) => {
      const variant = catalogue.variants.find((candidate) => candidate.model === model)!;
      return [model, perturbedModel(variant, extent, random)];
    }),
  );
  const slack = clamped(factor(0.4 * extent, random), 0.5, 2.5);
  const tasks = Object.entries(catalogue.tasks).map(([name, task]) => [
    name,
    {
      ...task,
      slo: stretched(task.slo, slack, outputFactor),
      outputTokens: written(task.outputTokens * outputFactor * factor(0.3 * extent, random)),
    },
  ]);
  return catalogueSchema.parse({
    ...catalogue,
    variants: catalogue.variants.map((variant) => ({ ...variant, ...byModel.get(variant.model) })),
    tasks: Object.fromEntries(tasks),
  });
}

function perturbedModel({ quality, prior }: Variant, extent: number, random: Random) {
  const qualities = Object.entries(quality).map(([task, share]) => [
    task,
    perturbedQuality(share, 0.06 * extent, random),
  ]);
  return {
    quality: Object.fromEntries(qualities) as Variant['quality'],
    prior: guessed(prior, 0.4 * extent, random),
  };
}

/** Longer answers get longer, but neither slower nor later to begin. */
function stretched({ ttftMs, tpotMs, e2eMs }: Slo, slack: number, outputFactor: number): Slo {
  return {
    ...(ttftMs !== undefined && { ttftMs: written(ttftMs * slack) }),
    ...(tpotMs !== undefined && { tpotMs: written(tpotMs * slack) }),
    ...(e2eMs !== undefined && { e2eMs: written(e2eMs * slack * outputFactor) }),
  };
}
