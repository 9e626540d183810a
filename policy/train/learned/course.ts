import type { Conditions } from '../../arena/conditions.ts';
import type { Case } from '../learner.ts';
import { benchScenario, scenarioOn } from '../scenarios/bench-scenario.ts';
import { type Scenario, scenarioOf } from '../scenarios/scenario.ts';

/** The one thing that a network is learned for: a case, maybe under rough conditions, or a random scenario, by its seed. */
export type Course =
  | (Case & { readonly conditions?: Conditions | undefined })
  | { readonly scenario: number };

/**
 * What is met with a seed. Without a course every other scenario is of the bench's own fleets, so that what is general
 * is not bought with what is known; and in one of six a spike fills the fleet, which random loads seldom do.
 * @param requests expected of it
 */
export function scenarioFor(course: Course | undefined, seed: number, requests: number): Scenario {
  if (course === undefined) {
    if (seed % 2 === 0) return benchScenario(seed, requests);
    return scenarioOf(seed, { requests, load: seed % 6 === 1 ? 'spike' : undefined });
  }
  if ('scenario' in course) return scenarioOf(course.scenario, { requests, draw: seed });
  return { ...scenarioOn(course, seed, requests), conditions: course.conditions };
}
