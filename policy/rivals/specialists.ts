import { z } from 'zod';
import { features } from '../../src/routing/learned/features.ts';
import { networkOf, type PolicyNetwork } from '../../src/routing/learned/network.ts';
import { OBSERVATION_VERSION } from '../../src/routing/observation.ts';
import { decodedParameters } from './encoded-parameters.ts';
import { readArtifact } from './read-artifact.ts';

const score = z.strictObject({ utility: z.number(), onTime: z.number() }).readonly();

const specialistSchema = z
  .strictObject({
    /** Float32, little endian, in base64; in the order `networkOf` has them. */
    parameters: z.base64(),
    hidden: z.int().positive(),
    /** On runs of the case that it did not learn from: where it began, and where it ended. */
    check: z.strictObject({ before: score, after: score }).readonly(),
    minutes: z.number().min(0),
  })
  .readonly();
export type Specialist = z.output<typeof specialistSchema>;

/** Policies that `npm run train:specialists` has trained on from the general one, each for one case alone. */
const specialistsSchema = z.strictObject({
  observationVersion: z.int(),
  /** Digest of the general policy that they went on from, and of how. */
  madeFrom: z.string(),
  commit: z.string(),
  specialists: z.record(z.string(), specialistSchema).readonly(),
});
export type Specialists = z.output<typeof specialistsSchema>;

/** Those that come with the project. */
export const specialistsFile = new URL('../artifacts/specialists.json', import.meta.url);

/** @throws Error when the file is no list of specialists; @returns undefined when there is none */
export function readSpecialists(file: URL | string = specialistsFile): Specialists | undefined {
  return readArtifact(file, specialistsSchema);
}

/** @throws Error when there is none for the case, or it takes other features than are observed */
export function specialistFor(name: string, all = readSpecialists()): PolicyNetwork {
  const found = all?.specialists[name];
  const advice = `run: npm run train:specialists -- --only ${name}`;
  if (all === undefined || found === undefined) throw new Error(`no specialist for ${name}; ${advice}`);
  if (all.observationVersion !== OBSERVATION_VERSION)
    throw new Error(
      `the specialist for ${name} was trained on observations of version ${all.observationVersion}, ` +
        `they are of version ${OBSERVATION_VERSION}; ${advice}`,
    );
  return networkOf(decodedParameters(found.parameters), features.length, found.hidden);
}
