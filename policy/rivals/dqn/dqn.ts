import type { SyncScorer } from '../../../src/routing/scorer.ts';
import { chosenFirst } from '../../arena/chosen-first.ts';
import type { Network } from '../../nn/network.ts';
import type { PaperView } from './paper-view.ts';

/** Routes to the model of the highest value. */
export function dqn(view: PaperView, network: Network): SyncScorer {
  return {
    name: 'dqn',
    score: (observation) => {
      const best = bestOf(network.forward(view.state(observation), 1), view.mask(observation));
      // Where nothing may be chosen any scores will do: the ranking leaves out all that is masked.
      return chosenFirst(observation, best === undefined ? 0 : view.action(observation, best));
    },
  };
}

/**
 * Index of the highest value among those that are allowed; undefined when none is.
 * @param values may be longer than the mask
 */
export function bestOf(values: ArrayLike<number>, mask: readonly boolean[]): number | undefined {
  let best: number | undefined;
  for (const [index, isAllowed] of mask.entries())
    if (isAllowed && (best === undefined || values[index]! > values[best]!)) best = index;
  return best;
}
