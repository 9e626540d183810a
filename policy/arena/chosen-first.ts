import type { Observation } from '../../src/routing/observation.ts';

/** Above every share of places that is free. */
const FIRST = 2;

/**
 * Scores for whoever only says which one action it wants: that one first, and should it be full the others by the
 * share of their places that is free.
 * @param chosen index of the action
 */
export function chosenFirst({ actions }: Observation, chosen: number): number[] {
  return actions.map(({ occupancy }, index) => (index === chosen ? FIRST : 1 - occupancy));
}
