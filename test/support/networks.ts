import { writeModel } from '../../policy/export/onnx.ts';
import { policyGraph } from '../../policy/export/policy-graph.ts';
import { startParameters } from '../../policy/train/learned/start.ts';
import { type Artifact, digestOf } from '../../src/model/artifact.ts';
import type { Manifest, Provenance } from '../../src/model/manifest.ts';
import { type Random, seededRandom } from '../../src/platform/random.ts';
import { features, LIMIT, TERMS } from '../../src/routing/learned/features.ts';
import { networkOf, type PolicyNetwork, parameterCount } from '../../src/routing/learned/network.ts';
import { OBSERVATION_VERSION } from '../../src/routing/observation.ts';

/** A network of any weights, small enough for scores of the size a trained one gives. */
export function randomNetwork(random: Random, hidden = 16): PolicyNetwork {
  const parameters = Float32Array.from(
    { length: parameterCount(features.length, hidden) },
    () => 0.6 * random() - 0.3,
  );
  return networkOf(parameters, features.length, hidden);
}

/** The network that training begins at: the shadow price's rule. */
export function startNetwork(hidden = 16): PolicyNetwork {
  return networkOf(startParameters(hidden, 1), features.length, hidden);
}

/** What a network is given for so many actions: scaled features, and terms from hopeless to certain. */
export function randomRows(
  random: Random,
  rows: number,
): { readonly features: Float32Array; readonly terms: Float32Array; readonly rows: number } {
  return {
    features: Float32Array.from({ length: rows * features.length }, () => 6 * random() - 3),
    terms: Float32Array.from({ length: rows * TERMS }, (_, cell) =>
      cell % TERMS === 1 ? 28 * random() - 14 : 2 * random(),
    ),
    rows,
  };
}

/** A good artifact with a random network of its own. */
export async function artifactOf(seed: number): Promise<Artifact> {
  const onnx = writeModel(policyGraph(randomNetwork(seededRandom(seed), 4)));
  const network = { sha256: await digestOf(onnx), bytes: onnx.byteLength, hidden: 4 };
  const observed = { observationVersion: OBSERVATION_VERSION, features, featureLimit: LIMIT };
  return { onnx, manifest: { format: 1, network, ...observed, ...provenance } satisfies Manifest };
}

export const provenance: Provenance = {
  training: { seed: 7, commit: 'a'.repeat(40), configuration: { steps: 0 } },
  evaluation: { ratio: 1 },
};

/** Largest difference of two lists of scores: absolute up to a size of one, relative beyond. */
export function largestDifference(was: ArrayLike<number>, is: ArrayLike<number>): number {
  if (was.length !== is.length) return Number.POSITIVE_INFINITY;
  return Math.max(
    ...Array.from(was, (score, index) => Math.abs(score - is[index]!) / Math.max(1, Math.abs(score))),
  );
}

/** The index of the largest score. */
export function argmax(scores: ArrayLike<number>): number {
  return Array.from(scores).indexOf(Math.max(...Array.from(scores)));
}
