import * as plan from '../../evaluate/standard/plan.ts';
import { roughSettingsOver } from '../../evaluate/standard/rough-settings.ts';
import type { Course } from '../learned/course.ts';
import { leastMs } from '../scenarios/bench-scenario.ts';

/** Where the evaluation asks how much is lost by not being trained for the case. */
export const cases: Readonly<Record<string, Course>> = Object.fromEntries([
  ...roughSettingsOver(leastMs).map(({ name, setting: { fleet, workload, conditions } }) => [
    name,
    { fleet, workload, conditions },
  ]),
  ...Array.from({ length: plan.unseen.specialists }, (_, at) => {
    const scenario = plan.unseen.firstSeed + at;
    return [plan.specialistOn(scenario), { scenario }];
  }),
]);
