import { compete } from '../arena/contender.ts';
import { type ParameterValues, type TunableName, tunables, withValues } from '../rivals/tunable.ts';
import { scenarioOf } from '../train/scenarios/scenario.ts';
import { firstState, nextState, pointsOf } from './cross-entropy.ts';
import { startPoint, valuesAt } from './search-space.ts';

/** A few minutes' work for whoever runs the fleet, some half a minute here. */
const sizes = { iterations: 5, population: 12, draws: 3, requests: 2_500 } as const;

/**
 * Parameters tuned for one random scenario: on its fleet, under its load and conditions, on other requests than its own.
 * In this thread, and the same whenever it is asked.
 */
export function tuneOnScenario(scorer: TunableName, seed: number): ParameterValues {
  const runs = Array.from({ length: sizes.draws }, (_, at) =>
    scenarioOf(seed, { requests: sizes.requests, draw: at + 1 }),
  );
  const searched = tunables[scorer].parameters(runs[0]!.fleet.catalogue);
  const utilityOf = (values: ParameterValues) => {
    const contender = withValues(scorer, scorer, values);
    const each = runs.map(
      ({ fleet, requests, conditions }) => compete(contender, fleet, requests, seed, conditions).utility,
    );
    return each.reduce((sum, utility) => sum + utility, 0) / each.length;
  };
  let state = firstState(startPoint(searched));
  while (state.iteration < sizes.iterations) {
    const points = pointsOf(state, { ...sizes, seed });
    state = nextState(
      state,
      points,
      points.map((point) => utilityOf(valuesAt(searched, point))),
    );
  }
  return valuesAt(searched, state.best!.point);
}
