import type { Interval } from '../../report/statistics.ts';
import { formatInterval } from '../evaluation-table.ts';
import type { StandardComparison, StandardDocument } from './document.ts';
import { tunedRules, untunedRules } from './plan.ts';
import { paperRatios, reachedAt } from './ratios.ts';
import { SPECIALIST, SPECIALIST_GROUP, TUNED_GROUP } from './unseen.ts';

/** Something the focus is to show, and what it shows. */
export interface Aim {
  readonly where: string;
  readonly what: string;
  readonly figure: string;
  readonly least: string;
  readonly aimedFor: string;
  readonly reached: 'what was aimed for' | 'the least' | 'no';
}

/** A figure that is better the larger it is; `shown`: only what its whole interval exceeds counts. */
interface Measured {
  readonly value: Interval;
  readonly digits: number;
  readonly least: number;
  readonly aimedFor: number;
  readonly shown?: boolean;
}

/**
 * What a learned policy has to show to be worth its weight, each beside the strongest rival there is for it, and how
 * far the focus comes.
 */
export function aims(document: StandardDocument): Aim[] {
  const { comparisons } = document;
  const inGroup = (name: StandardComparison['group']) => comparisons.filter(({ group }) => group === name);
  return [
    ...availabilityAims(document),
    ...loadAims(document),
    ...inGroup('paper').flatMap(paperAims),
    ...inGroup('heavy')
      .filter(({ predictionSigma }) => predictionSigma === 0.3 || predictionSigma === 0.6)
      .flatMap((own) => heavyAims(own, inGroup('heavy'))),
    ...inGroup('traces').flatMap(traceAims),
    ...inGroup('rough').flatMap(roughAims),
    ...unseenAims(document),
  ];
}

function availabilityAims({ availability, focus }: StandardDocument): Aim[] {
  const result = availability
    .find(({ fleet }) => fleet === 'paper-cohosted')
    ?.results.find(({ scorer }) => scorer === focus);
  if (result === undefined) return [];
  const measured = { value: result.timesStaticLarge, digits: 2, least: 10, aimedFor: 20 };
  return [aim('paper-cohosted, stable', 'availability ÷ that of static large', measured)];
}

function loadAims({ loads }: StandardDocument): Aim[] {
  const rows = (
    [
      ['f96', paperRatios.f96, 'f96 ÷ that of static large'],
      ['f98', paperRatios.f98, 'f98 ÷ that of static large'],
      ['utilityPerGpu', 3.9, 'utility per GPU ÷ that of static large on twice the GPUs'],
    ] as const
  ).map(([measure, target, what]): Aim => {
    const at = reachedAt(loads, measure, target);
    return {
      where: `${loads.fleet}, ${loads.workload} at other mean loads`,
      what,
      figure:
        at === undefined
          ? `${target} × nowhere`
          : `${target} × from ${Math.round(at.rate)} requests/s${at.isAny ? ', where static serving has none left' : ''}`,
      least: 'somewhere',
      aimedFor: 'over a wide band',
      reached: at === undefined ? 'no' : 'the least',
    };
  });
  return rows;
}

function paperAims(own: StandardComparison): Aim[] {
  const where = `${own.fleet}, ${own.workload}`;
  const lead = (rival: string, least: number, aimedFor: number) =>
    leadAims(own, where, rival, { least, aimedFor });
  const bound = own.bounds?.bound.mean;
  const utility = own.results.find(({ scorer }) => scorer === own.focus)!.utility;
  return [
    ...lead('shadow-price-tuned', 0, 0.02),
    ...lead('shadow-price-free', 0, 0.02),
    ...lead('shadow-price-elsewhere', 0.02, 0.05),
    ...lead('dqn', 0, 0.03),
    ...(bound === undefined
      ? []
      : [
          aim(where, 'utility ÷ bound in hindsight', {
            ...{ value: scaled(utility, 1 / bound), digits: 3, least: 0.96, aimedFor: 0.98 },
          }),
        ]),
  ];
}

/** Beside the best of all the others with the same prediction, and beside the best tuned rule without one. */
function heavyAims(own: StandardComparison, all: readonly StandardComparison[]): Aim[] {
  const where = `${own.fleet}, ${own.workload}, prediction σ ${own.predictionSigma}`;
  const without = all.find(
    ({ fleet, workload, predictionSigma }) =>
      fleet === own.fleet && workload === own.workload && predictionSigma === 'none',
  );
  const rule = without && bestOf(tunedRules, without.results);
  const blind = without?.results.find(({ scorer }) => scorer === rule);
  const seeing = own.results.find(({ scorer }) => scorer === own.focus);
  const times =
    blind === undefined || seeing === undefined || blind.f96.mean === 0
      ? []
      : [
          aim(where, `f96 ÷ that of ${rule} without a prediction`, {
            ...{ value: scaled(seeing.f96, 1 / blind.f96.mean), digits: 2, least: 1, aimedFor: 3 },
          }),
        ];
  return [...leadAims(own, where, bestRival(own), { least: 0, aimedFor: 0.02 }), ...times];
}

/** Beside the best of all the others. */
function traceAims(own: StandardComparison): Aim[] {
  const where = `${own.fleet}, ${own.workload} at ${own.timesCarried} ×`;
  return leadAims(own, where, bestRival(own), { least: 0, aimedFor: 0.02 });
}

function bestRival({ focus, results }: StandardComparison): string {
  const rivals = results.map(({ scorer }) => scorer).filter((scorer) => scorer !== focus);
  return bestOf(rivals, results);
}

/** The one of the names with the highest mean utility. */
function bestOf(
  names: readonly string[],
  results: readonly { readonly scorer: string; readonly utility: Interval }[],
): string {
  const utilityOf = (name: string) =>
    results.find(({ scorer }) => scorer === name)?.utility.mean ?? Number.NEGATIVE_INFINITY;
  return names.reduce((best, name) => (utilityOf(name) > utilityOf(best) ? name : best));
}

function roughAims(own: StandardComparison): Aim[] {
  const where = `${own.fleet}, ${own.workload}${own.conditions === undefined ? '' : `, ${own.conditions}`}`;
  const specialist = own.results.find(({ scorer }) => scorer.startsWith('specialist@'));
  const lead = own.paired.find(({ b }) => b === specialist?.scorer)?.utilityDifference;
  return [
    ...leadAims(own, where, bestOf(untunedRules, own.results), { least: 0, aimedFor: 0.02 }),
    ...specialistAims(where, specialist?.utility, lead),
  ];
}

/** Beside the policy trained on for the very case: how much of it one policy for everything keeps. */
function specialistAims(where: string, utility: Interval | undefined, lead: Interval | undefined): Aim[] {
  if (utility === undefined || lead === undefined) return [];
  const { mean, low, high } = scaled(lead, 1 / utility.mean);
  const value = {
    mean: 1 + mean,
    low: low === null ? null : 1 + low,
    high: high === null ? null : 1 + high,
  };
  const measured = { value, digits: 3, least: 0.97, aimedFor: 0.99 };
  return [aim(where, 'utility ÷ that of the policy trained on for it', measured)];
}

function unseenAims({ unseen }: StandardDocument): Aim[] {
  const [random] = unseen.groups;
  if (random === undefined) return [];
  const best = bestOf(untunedRules, random.results);
  const rule = random.results.find(({ scorer }) => scorer === best);
  if (rule?.focusLead === undefined) return [];
  const measured = { value: rule.focusLead, digits: 4, least: 0, aimedFor: 0.02, shown: true };
  return [
    aim(`${random.scenarios} random fleets`, `utility − that of ${best}`, measured),
    ...madeForEachAims(unseen),
  ];
}

/** Beside who was made for the very fleet, load and conditions, of which the focus knows nothing. */
function madeForEachAims({ groups }: StandardDocument['unseen']): Aim[] {
  const resultIn = (groupName: string, scorer: string) => {
    const group = groups.find(({ name }) => name === groupName);
    const result = group?.results.find((found) => found.scorer === scorer);
    return { where: `the first ${group?.scenarios} random scenarios`, ...result };
  };
  const rule = resultIn(TUNED_GROUP, 'shadow-price-tuned');
  const specialist = resultIn(SPECIALIST_GROUP, SPECIALIST);
  const lead = rule.focusLead && { value: rule.focusLead, digits: 4, least: 0, aimedFor: 0.02, shown: true };
  return [
    ...(lead ? [aim(rule.where, 'utility − that of the rule tuned on each', lead)] : []),
    ...specialistAims(specialist.where, specialist.utility, specialist.focusLead),
  ];
}

function leadAims(
  own: StandardComparison,
  where: string,
  rival: string,
  bounds: Pick<Measured, 'least' | 'aimedFor'>,
): Aim[] {
  const found = own.paired.find(({ b }) => b === rival);
  if (found === undefined) return [];
  const measured = { value: found.utilityDifference, digits: 4, shown: true, ...bounds };
  return [aim(where, `utility − that of ${rival}`, measured)];
}

function aim(where: string, what: string, { value, digits, least, aimedFor, shown }: Measured): Aim {
  // A lead of nothing is a lead only where the whole interval is one; a lead of something has to be so on average.
  const isShown = !shown || (value.low !== null && value.low > 0);
  const reaches = (target: number) => isShown && value.mean >= target;
  return {
    where,
    what,
    figure: formatInterval(value, digits),
    least: shown && least === 0 ? 'interval above 0' : String(least),
    aimedFor: String(aimedFor),
    reached: reaches(aimedFor) ? 'what was aimed for' : reaches(least) ? 'the least' : 'no',
  };
}

function scaled({ mean, low, high }: Interval, factor: number): Interval {
  return {
    mean: mean * factor,
    low: low === null ? null : low * factor,
    high: high === null ? null : high * factor,
  };
}
