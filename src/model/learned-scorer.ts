import { featuresOf, TERMS, features as table, termsOf } from '../routing/learned/features.ts';
import { viewPool } from '../routing/learned/pool-view.ts';
import type { Observation } from '../routing/observation.ts';
import { type Scorer, ScorerFault } from '../routing/scorer.ts';
import { type Artifact, verify } from './artifact.ts';
import type { Inference, Runtime } from './runtime.ts';

/** The learned policy. Where its network could not be loaded, every score fails with the fault that loading met. */
export function learnedScorer(network: Promise<Inference>): Scorer {
  network.catch(logged);
  return { name: 'learned', score: async (observation) => await scoresFor(await network, observation) };
}

/** The learned policy by a network that is there already, whichever request has loaded it. */
export function readyScorer(infer: Inference): Scorer {
  return { name: 'learned', score: (observation) => scoresFor(infer, observation) };
}

async function scoresFor(infer: Inference, observation: Observation): Promise<Float32Array> {
  try {
    const pool = viewPool(observation);
    return await scoresOf(infer, featuresOf(pool), termsOf(pool), pool.actions.length);
  } catch (error) {
    logged(error);
    throw asFault(error);
  }
}

/** Whatever goes wrong here is the model's: another scorer can still decide. */
function asFault(error: unknown): ScorerFault {
  if (error instanceof ScorerFault) return error;
  return new ScorerFault('inference-failed', String(error), { cause: error });
}

function logged(fault: unknown): void {
  console.error(`learned policy: ${String(fault)}`);
}

/**
 * A network that was verified and has answered once.
 * @throws ScorerFault
 */
export async function loadNetwork(artifact: Artifact, runtime: Runtime): Promise<Inference> {
  await verify(artifact);
  const infer = await runtime(artifact.onnx);
  try {
    // What is wrong with it shows now, and no request waits for what is slow the first time.
    await scoresOf(infer, new Float32Array(table.length), new Float32Array(TERMS), 1);
    return infer;
  } catch (fault) {
    await infer.release?.();
    throw fault;
  }
}

/** @throws ScorerFault for an inference that fails, or that gives no number for an action */
async function scoresOf(
  infer: Inference,
  features: Float32Array,
  terms: Float32Array,
  actions: number,
): Promise<Float32Array> {
  let scores: Float32Array;
  try {
    scores = await infer(features, terms, actions);
  } catch (error) {
    throw new ScorerFault('inference-failed', String(error), { cause: error });
  }
  if (scores.length !== actions)
    throw new ScorerFault('inference-failed', `${scores.length} scores for ${actions} actions`);
  if (scores.some(Number.isNaN))
    throw new ScorerFault('not-a-number', `the network's scores are ${scores.join(', ')}`);
  return scores;
}
