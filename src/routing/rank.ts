import type { Random } from '../platform/random.ts';
import type { Action, Observation } from './observation.ts';

export interface RankedAction {
  readonly action: Action;
  readonly score: number;
}

/**
 * The actions a request may take, best first. Masked actions and those scored -Infinity are left out. Equal scores
 * are ordered at random, so that isolates with the same snapshot do not all rush to the same one of equals.
 * @throws Error when a scorer returns NaN or another number of scores than there are actions
 */
export function rank(observation: Observation, scores: ArrayLike<number>, random: Random): RankedAction[] {
  if (scores.length !== observation.actions.length)
    throw new Error(`scorer returned ${scores.length} scores for ${observation.actions.length} actions`);
  const candidates: (RankedAction & { readonly tieBreak: number })[] = [];
  for (const [index, action] of observation.actions.entries()) {
    const score = scores[index]!;
    if (Number.isNaN(score)) throw new Error(`scorer returned NaN for ${action.variant.id}`);
    if (action.masked === undefined && score !== -Infinity)
      candidates.push({ action, score, tieBreak: random() });
  }
  return candidates.sort((a, b) => b.score - a.score || a.tieBreak - b.tieBreak);
}
