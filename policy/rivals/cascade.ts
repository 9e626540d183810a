import type { Action, Observation } from '../../src/routing/observation.ts';
import type { SyncScorer } from '../../src/routing/scorer.ts';

export interface CascadeOptions {
  /** Share of the best reachable expected quality from which an answer is accepted. */
  readonly acceptance: number;
  /** Probability of being on time from which a variant counts as on time. */
  readonly confidence: number;
}

/**
 * The smallest model whose answer would be accepted, the next larger one where that is late.
 *
 * A cascade (FrugalGPT, arXiv 2305.05176) asks the smallest model first, judges its answer, and asks the next one when
 * the answer is not good enough. Where quality is known only in expectation, before the answer (the "ex-ante" estimate
 * of cascade routing, arXiv 2410.10347), judging each answer gives the same verdict for every request of a task, so all
 * stages before the accepted one are work without effect. What is left is the stage the cascade ends at, asked
 * directly. Among accepted models that are on time the smallest comes first; then, where none is, the best of the
 * others that are on time; then the likeliest.
 */
export function cascade({ acceptance, confidence }: CascadeOptions): SyncScorer {
  return {
    name: 'cascade',
    score: (observation) => {
      const accepted = acceptance * bestQuality(observation);
      return observation.actions.map((action) => score(action, accepted, confidence));
    },
  };
}

/** Places of equals are told apart by load, far below any difference of quality. */
const TIE_BREAK = 1e-6;

function score({ predicted, quality, occupancy }: Action, accepted: number, confidence: number): number {
  const ties = TIE_BREAK * occupancy;
  if (predicted.onTime < confidence) return predicted.onTime - 1 - ties;
  return (quality >= accepted ? 2 - quality : quality) - ties;
}

function bestQuality({ actions }: Observation): number {
  return Math.max(0, ...actions.flatMap(({ masked, quality }) => (masked === undefined ? [quality] : [])));
}
