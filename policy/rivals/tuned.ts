import { z } from 'zod';
import type { Catalogue } from '../../src/routing/catalogue.ts';
import { ladderOf } from './ladder.ts';
import { readArtifact } from './read-artifact.ts';
import { type ParameterValues, tunableNames } from './tunable.ts';

const utilitySchema = z.strictObject({ untuned: z.number(), tuned: z.number() });

/** Parameters found by `npm run tune`, and how. */
const resultSchema = z
  .strictObject({
    scorer: z.enum(tunableNames),
    fleet: z.string().min(1),
    workload: z.string().min(1),
    /** The fleet's models, best first. */
    models: z.array(z.string()).min(1).readonly(),
    parameters: z.record(z.string(), z.number()).readonly(),
    /** Mean utility on the training seeds, from the search's start and from its end. */
    trainingUtility: utilitySchema,
    search: z
      .strictObject({
        seed: z.int(),
        iterations: z.int().positive(),
        population: z.int().positive(),
        trainingSeeds: z.array(z.int()).min(1).readonly(),
        durationS: z.number().positive(),
        /** Mean rates each training seed was played at; absent: the workload's own. */
        ratesPerSecond: z.array(z.number().positive()).min(1).readonly().optional(),
      })
      .readonly(),
  })
  .readonly();
export type TunedResult = z.output<typeof resultSchema>;

const tunedSchema = z.strictObject({ results: z.array(resultSchema).readonly() });

/** The results that come with the project. */
export const tunedFile = new URL('../artifacts/tuned.json', import.meta.url);

/** @throws Error when the file is no list of results; a file that does not exist is an empty one */
export function readTuned(file: URL | string = tunedFile): readonly TunedResult[] {
  return readArtifact(file, tunedSchema)?.results ?? [];
}

export type TunedKey = Pick<TunedResult, 'scorer' | 'fleet' | 'workload'>;

export function findTuned(results: readonly TunedResult[], key: TunedKey): TunedResult | undefined {
  return results.find((result) => isSame(result, key));
}

export function isSame(a: TunedKey, b: TunedKey): boolean {
  return a.scorer === b.scorer && a.fleet === b.fleet && a.workload === b.workload;
}

/**
 * Parameters found on one fleet, for the models of another: each model keeps its own where it was there too, and
 * otherwise takes those of the model of the same place, counted from the best (the last one's when there are fewer).
 */
export function valuesFor(result: TunedResult, catalogue: Catalogue): ParameterValues {
  const values: Record<string, number> = { ...result.parameters };
  for (const [place, { model }] of ladderOf(catalogue).entries()) {
    if (result.models.includes(model)) continue;
    const twin = result.models[Math.min(place, result.models.length - 1)]!;
    for (const [key, value] of Object.entries(result.parameters))
      if (key.endsWith(`:${twin}`)) values[key.slice(0, -twin.length) + model] = value;
  }
  return values;
}
