import { intervalOf } from '../../report/statistics.ts';
import { contenderNames } from '../../rivals/contenders.ts';
import type { UnseenResult } from '../trial.ts';
import type { Context } from './context.ts';
import type { Unseen, UnseenGroup } from './document.ts';
import * as plan from './plan.ts';

/** Drawn whole; other shapes are the bench's own fleets, mostly with other qualities, deadlines and lengths. */
const randomShapes: readonly string[] = ['partitioned', 'cohosted'];

/** The group in which the rule is tuned for every scenario. */
export const TUNED_GROUP = 'the first, the rule tuned on each';
/** The group in which the policy is trained on for every scenario, and what those policies are called. */
export const SPECIALIST_GROUP = 'the first, a policy trained on for each';
export const SPECIALIST = 'specialist';

/** Everyone on scenarios drawn from fleets, loads and conditions at large. */
export async function unseenFleets({ trials, progress, roster }: Context): Promise<Unseen> {
  const { firstSeed, scenarios, tuned } = plan.unseen;
  const scorers = plan.unseen.scorers.filter((name) => contenderNames.includes(name));
  const focus = scorers.at(-1)!;
  const runsOf = async (name: string, count: number, scorerOn = (_: number) => name) => {
    progress.expect(count);
    const runs = seedsOf(count).map((seed) => trials.unseen({ scorer: scorerOn(seed), seed }));
    return [name, await Promise.all(runs)] as const;
  };
  const specialists = seedsOf(plan.unseen.specialists).map(specialistFor);
  const hasThem = roster.present(plan.paperSettings[0]!, specialists).length === specialists.length;
  const [ofTuned, ofSpecialists, ...runs] = await Promise.all([
    runsOf(tuned.scorer, tuned.scenarios),
    runsOf(SPECIALIST, hasThem ? specialists.length : 0, specialistFor),
    ...scorers.map((scorer) => runsOf(scorer, scenarios)),
  ]);
  const beside = (name: string, made: (typeof runs)[number]) =>
    groupResult(name, [...made[1].keys()], [made, ...runs], focus);
  return {
    firstSeed,
    focus,
    groups: [
      ...groupsOf(runs[0]![1]).map(({ name, at }) => groupResult(name, at, runs, focus)),
      beside(TUNED_GROUP, ofTuned),
      ...(hasThem ? [beside(SPECIALIST_GROUP, ofSpecialists)] : []),
    ],
  };
}

function seedsOf(count: number): number[] {
  return Array.from({ length: count }, (_, at) => plan.unseen.firstSeed + at);
}

function specialistFor(seed: number): string {
  return `specialist@${plan.specialistOn(seed)}`;
}

/** Which scenarios belong to which group. A scenario is called `SHAPE/LOAD/ideal|rough/SEED`. */
function groupsOf(runs: readonly UnseenResult[]): { name: string; at: readonly number[] }[] {
  const parts = runs.map(({ scenario }) => scenario.split('/'));
  const where = (isOne: (part: readonly string[]) => boolean) =>
    parts.flatMap((part, index) => (isOne(part) ? [index] : []));
  const shapes = [...new Set(parts.map(([shape]) => shape!))].sort();
  return [
    { name: 'random fleets', at: where(([shape]) => randomShapes.includes(shape!)) },
    { name: 'all, the bench’s among them', at: where(() => true) },
    ...shapes.map((shape) => ({ name: shape, at: where(([own]) => own === shape) })),
    ...['ideal', 'rough'].map((kind) => ({
      name: `${kind} conditions`,
      at: where((part) => part[2] === kind),
    })),
  ];
}

function groupResult(
  name: string,
  at: readonly number[],
  runs: readonly (readonly [string, readonly UnseenResult[]])[],
  focus: string,
): UnseenGroup {
  const own = runs.find(([scorer]) => scorer === focus)![1];
  return {
    name,
    scenarios: at.length,
    results: runs.map(([scorer, results]) => ({
      scorer,
      utility: intervalOf(at.map((index) => results[index]!.utility)),
      onTime: intervalOf(at.map((index) => results[index]!.onTime)),
      ...(scorer === focus
        ? {}
        : { focusLead: intervalOf(at.map((index) => own[index]!.utility - results[index]!.utility)) }),
    })),
  };
}
