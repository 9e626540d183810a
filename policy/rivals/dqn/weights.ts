import { z } from 'zod';
import { Network } from '../../nn/network.ts';
import { decodedParameters } from '../encoded-parameters.ts';
import { readArtifact } from '../read-artifact.ts';
import type { PaperView } from './paper-view.ts';

const names = z.array(z.string().min(1)).min(1).readonly();
const utility = z.number().min(0).max(1);

/** A network found by `npm run train -- --scorer dqn`, and how. */
const weightsSchema = z
  .strictObject({
    fleet: z.string().min(1),
    workload: z.string().min(1),
    /** What the inputs begin with. */
    tasks: names,
    /** What the outputs are. */
    models: names,
    sizes: z.array(z.int().positive()).min(2).readonly(),
    /** Float32, little endian, in base64; in the order `Network` has them. */
    parameters: z.base64(),
    training: z
      .strictObject({
        seed: z.int(),
        /** Decisions. */
        steps: z.int().positive(),
        /** At which of them these weights were the best. */
        bestStep: z.int().positive(),
        /** On the validation seeds, none of which was trained on. */
        utility: z.strictObject({ dqn: utility, rule: utility, ruleName: z.string() }).readonly(),
      })
      .readonly(),
  })
  .readonly();
export type DqnWeights = z.output<typeof weightsSchema>;

/** Name of the artifact for a fleet and a workload. */
export function weightsFile(fleet: string, workload: string): string {
  return `dqn-${fleet}-${workload}.json`;
}

/** @throws Error when the file holds no weights; one that does not exist holds nothing */
export function readWeights(file: URL | string): DqnWeights | undefined {
  return readArtifact(file, weightsSchema);
}

/**
 * The network of weights, for the fleet a view is of.
 * @throws Error when they were trained for other tasks or models
 */
export function networkOf({ tasks, models, sizes, parameters }: DqnWeights, view: PaperView): Network {
  expectSame('tasks', view.tasks, tasks);
  expectSame('models', view.models, models);
  return new Network(sizes, decodedParameters(parameters));
}

function expectSame(what: string, own: readonly unknown[], trained: readonly unknown[]): void {
  if (own.join() !== trained.join())
    throw new Error(`dqn: trained for the ${what} ${trained.join(', ')}; the fleet has ${own.join(', ')}`);
}
