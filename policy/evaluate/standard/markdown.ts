import { formatCount } from '../../report/format.ts';
import { CARRIED_SHARE } from '../availability.ts';
import type { ScorerResult } from '../comparison.ts';
import { formatInterval } from '../evaluation-table.ts';
import { aims } from './aims.ts';
import type { LoadSweep, Ratio, StandardComparison, StandardDocument, Unseen } from './document.ts';
import { whatWasKnown } from './findings.ts';
import { bullets, markdownTable } from './markdown-parts.ts';
import { loads } from './plan.ts';
import { paperRatios, reachedAt } from './ratios.ts';
import { staticLeads, verdict } from './verdicts.ts';

type AvailabilityResult = StandardDocument['availability'][number]['results'][number];

/** Pictures by what they show, as file names beside the text. */
export interface Pictures {
  readonly spike: string;
  readonly availability: string;
  readonly loads: string;
}

/** The standard table as a person reads it. Everything in it follows from the document. */
export function standardMarkdown(document: StandardDocument, pictures: Pictures): string {
  const { comparisons } = document;
  const group = (name: StandardComparison['group']) => comparisons.filter((own) => own.group === name);
  const sections = [
    introduction(document),
    section('In short', summary(document)),
    section('What was aimed for', aimsPart(document)),
    section('What was known, and what this run says', whatWasKnown(document)),
    section('Where static serving is better', whereStaticIsBetter(document)),
    section('The paper’s fleets', ...group('paper').map(comparisonPart)),
    section('Heavy-tailed lengths, and predictions of them', heavyPart(group('heavy'))),
    section('When things go wrong', roughPart(group('rough'))),
    section('Real traces on the chat fleet', tracesIntroduction, ...group('traces').map(comparisonPart)),
    section('Availability', availabilityPart(document, pictures.availability)),
    section('Over the load', loadsPart(document, pictures.loads)),
    section('Random fleets', unseenPart(document.unseen)),
    section('A spike', `![Utility under a spike](${pictures.spike})`),
    ...(document.missing.length === 0 ? [] : [section('Who did not take part', missingPart(document))]),
  ];
  return `${sections.join('\n\n')}\n`;
}

function introduction({ seeds, focus, comparisons }: StandardDocument): string {
  const most = Math.max(...comparisons.map((own) => own.seeds));
  return `# Evaluation

Written by \`npm run evaluate\` from eval.json beside it. Every figure is a mean over seeds 1 to ${seeds}, or 1 to ${most} where
a load is a stretch of a trace or changes seldom (\`shift\`, \`markov\`). Nothing was trained or tuned on them. Intervals are
Student's, 95 %. A seed's requests are the same for every scorer, so differences are taken request stream by request
stream. Where a difference's interval holds 0, nothing is shown.
**${focus}** stands for this project below; the others are its rivals. GPUs are simulated; routing, ledger and scorers
are the code that runs in the Worker, here with no network delay and a fresh snapshot for every decision.`;
}

function section(title: string, ...parts: readonly string[]): string {
  return [`## ${title}`, ...parts].join('\n\n');
}

function summary(document: StandardDocument): string {
  const rows = document.comparisons
    .filter(({ group }) => group === 'paper' || group === 'traces')
    .map(summaryRow);
  const table = markdownTable(['', 'utility', 'best rival', 'difference'], rows);
  return [table, bullets([...availabilityFindings(document), ...loadFindings(document.loads)])].join('\n\n');
}

/** The focus beside the best of the others. */
function summaryRow(own: StandardComparison): string[] {
  const rivals = own.results.filter(({ scorer }) => scorer !== own.focus);
  const best = rivals.reduce((a, b) => (b.utility.mean > a.utility.mean ? b : a));
  const difference = own.paired.find(({ b }) => b === best.scorer)!.utilityDifference;
  return [
    nameOf(own),
    `${own.focus} ${formatInterval(resultFor(own, own.focus).utility)}`,
    `${best.scorer} ${best.utility.mean.toFixed(3)}`,
    `${formatInterval(difference, 4)}: ${verdict(difference)}`,
  ];
}

/** How far the focus carries the rate, or the router that carries it furthest where the focus has no place. */
function availabilityFindings({ availability, curve, focus }: StandardDocument): string[] {
  return availability.flatMap(({ fleet, results }) => {
    const routers = results.filter(({ scorer }) => !scorer.startsWith('static-'));
    const furthest = routers.toSorted((a, b) => b.availabilityRps.mean - a.availabilityRps.mean)[0];
    const own = routers.find(({ scorer }) => scorer === focus) ?? furthest;
    if (own === undefined) return [];
    const times = formatInterval(own.timesStaticLarge, 2);
    const isDoubtful = fleet === curve.fleet && dipsBelow(own, curve).length > 0;
    return [
      `Availability on ${fleet}: ${own.scorer} carries ${times} times what static serving of the largest model does${isDoubtful ? ', which is too good, as told below' : ''}.`,
    ];
  });
}

function loadFindings(sweep: LoadSweep): string[] {
  const reached = (measure: 'f96' | 'f98' | 'utilityPerGpu', target: number, what: string) => {
    const at = reachedAt(sweep, measure, target);
    const rates = sweep.points.map(({ meanRatePerSecond }) => meanRatePerSecond);
    const place = `${what} ${target} × (${sweep.fleet}, ${sweep.workload})`;
    if (at === undefined)
      return `${place}: reached nowhere between ${rates[0]} and ${rates.at(-1)} requests/s.`;
    const why = at.isAny ? ', where static serving has none left' : '';
    return `${place}: first reached at a mean load of ${Math.round(at.rate)} requests/s${why}.`;
  };
  return [
    reached('f96', paperRatios.f96, 'f96, the paper’s'),
    reached('f98', paperRatios.f98, 'f98, the paper’s'),
    reached('utilityPerGpu', 1.9, 'Utility per GPU, 4 GPUs beside static serving on 8,'),
    reached('utilityPerGpu', 3.9, 'Utility per GPU, 4 GPUs beside static serving on 8,'),
  ];
}

function aimsPart(document: StandardDocument): string {
  const rows = aims(document).map(({ where, what, figure, least, aimedFor, reached }) => [
    where,
    what,
    figure,
    least,
    aimedFor,
    reached === 'no' ? '**no**' : reached,
  ]);
  const count = rows.filter(([, , , , , reached]) => reached !== '**no**').length;
  return [
    `${document.focus} reaches at least the least in ${count} of ${rows.length} rows. A lead counts as reached only where its whole interval is above 0; ratios are of means, and their interval is that of the numerator alone. The paper’s learner was trained for about a minute on each case, where this project’s policy had two and a half hours for all; ten times as long gave it nothing (policy/train/dqn/README.md).`,
    markdownTable(['on', 'figure', 'found', 'least', 'aimed for', 'reached'], rows),
  ].join('\n\n');
}

function unseenPart({ focus, groups, firstSeed }: Unseen): string {
  const rows = groups.flatMap(({ name, scenarios, results }) =>
    results.map(({ scorer, utility, onTime, focusLead }) => [
      `${name} (${scenarios})`,
      scorer === focus ? `**${scorer}**` : scorer,
      formatInterval(utility),
      formatInterval(onTime),
      focusLead === undefined ? '–' : formatInterval(focusLead, 4),
    ]),
  );
  return [
    `Fleets, quality ladders, deadlines, loads and conditions drawn from seed ${formatCount(firstSeed)} on, by the same draws as for training, with seeds that no training sees. Nobody is tuned for any of them, but on the first few: there the rule is tuned, or the policy trained on, for each on other requests of the same scenario. About a third are the bench’s own fleets, mostly with other qualities, deadlines and lengths. Intervals are over the scenarios.`,
    markdownTable(['scenarios', 'scorer', 'utility', 'on time', `${focus} − it`], rows),
  ].join('\n\n');
}

function whereStaticIsBetter({ comparisons }: StandardDocument): string {
  const rows = comparisons.flatMap((own) =>
    staticLeads(own).map(({ scorer, over, measure, by }) => [
      nameOf(own),
      scorer,
      over,
      measure,
      formatInterval(by),
    ]),
  );
  if (rows.length === 0)
    return 'Nowhere in these tables, on utility, f96 or f98, is a static contender ahead with the whole interval of the difference.';
  return [
    'Here a static contender is ahead with the whole interval of the paired difference. A lead on f96 or f98 and not on ' +
      'utility means seconds served at full quality and paid for in the others.',
    markdownTable(['', 'static contender', 'ahead of', 'on', 'by'], rows),
  ].join('\n\n');
}

function comparisonPart(own: StandardComparison): string {
  const differences = new Map(own.paired.map(({ b, utilityDifference }) => [b, utilityDifference]));
  const best = Math.max(...own.results.map(({ utility }) => utility.mean));
  const rows = own.results.map((result) => [
    result.utility.mean === best ? `**${result.scorer}**` : result.scorer,
    ...[result.utility, result.onTime, result.f96, result.f98, result.utilityPerGpu, result.shed].map(
      (value) => formatInterval(value),
    ),
    result.scorer === own.focus ? '–' : formatInterval(differences.get(result.scorer)!, 4),
  ]);
  const headings = [
    'scorer',
    'utility',
    'on time',
    'f96',
    'f98',
    'utility per GPU',
    'shed',
    `${own.focus} − it`,
  ];
  return [
    `### ${nameOf(own)}`,
    `${formatCount(Math.round(own.meanRatePerSecond))} requests/s on average, ${own.durationS} s a run, ${own.seeds} seeds.`,
    markdownTable(headings, rows),
    ...(own.bounds === undefined ? [] : [boundsSentence(own, own.bounds)]),
  ].join('\n\n');
}

function boundsSentence(
  own: StandardComparison,
  { seeds, bound, estimate, focusUtility }: NonNullable<StandardComparison['bounds']>,
): string {
  const share = (100 * focusUtility.mean) / bound.mean;
  return (
    `In hindsight nobody could exceed ${formatInterval(bound)} on the fleet as it is arranged (seeds 1 to ${seeds}); ` +
    `an estimate of what might be reached, which is no bound, is ${formatInterval(estimate)}. ${own.focus} reaches ${share.toFixed(1)} % of the bound.`
  );
}

function heavyPart(comparisons: readonly StandardComparison[]): string {
  const rows = comparisons.flatMap((own) =>
    own.results
      .filter(({ scorer }) => own.predictionSigma === 'none' || !scorer.startsWith('static-'))
      .map(({ scorer, utility, f96, onTime }) => [
        `${own.fleet}, ${own.workload}`,
        own.predictionSigma === 'none' ? 'none' : `σ ${own.predictionSigma}`,
        scorer,
        formatInterval(utility),
        formatInterval(f96),
        formatInterval(onTime),
      ]),
  );
  return [
    'Output lengths are multiplied by 0.8 · lognormal(σ 0.8). A prediction is off by a lognormal factor with the σ ' +
      'given; the requests are the same in every row of one workload. Whoever is tuned was tuned without predictions.',
    markdownTable(['', 'prediction', 'scorer', 'utility', 'f96', 'on time'], rows),
  ].join('\n\n');
}

function roughPart(comparisons: readonly StandardComparison[]): string {
  const rows = comparisons.flatMap((own) =>
    own.results.map(({ scorer, utility, onTime, f96 }) => {
      const change = own.changes?.find((found) => found.scorer === scorer)?.utilityDifference;
      const changed = change === undefined ? '' : formatInterval(change);
      return [
        nameOf(own),
        scorer,
        formatInterval(utility),
        changed,
        formatInterval(onTime),
        formatInterval(f96),
      ];
    }),
  );
  return [
    '**Stale snapshots**: the requests come in at a hundred edges, 5 ms from the ledger, and each decides by a snapshot up ' +
      'to 250 ms old. **A GPU lost**: one of the four fails after 20 s with all that ran on it and is back after 40 s; ' +
      'static serving of the largest model loses one of its four as well. The change is that against the same requests ' +
      'under ideal conditions. `shift` and `markov` are loads that nothing was tuned for: a task mix that moves at one ' +
      'rate, and bursts of six times the rate that nobody announces, on more seeds than the rest. A **specialist** is the policy trained on for that ' +
      'case alone (`npm run train:specialists`).',
    markdownTable(['', 'scorer', 'utility', 'change', 'on time', 'f96'], rows),
  ].join('\n\n');
}

const tracesIntroduction =
  'The traces are compressed in time until their mean rate is 1, 2 and 4 times the largest steady rate of their ' +
  'lengths that static serving of the 70B model carries with 99 % on time. Each seed begins somewhere else in the trace, and ' +
  'their stretches overlap; one without a request is passed over. The intervals are of the mean over this one recorded hour, not over others.';

function availabilityPart({ availability, curve }: StandardDocument, picture: string): string {
  const rows = availability.flatMap(({ fleet, results }) =>
    results.map(({ scorer, availabilityRps, timesStaticLarge }) => [
      fleet,
      scorer,
      formatInterval(availabilityRps, 0),
      formatInterval(timesStaticLarge, 2),
    ]),
  );
  return [
    `The largest rate of \`stable\` at which at least 99 % of requests are on time, by bisection in runs of ${availability[0]?.durationS} s.`,
    markdownTable(['fleet', 'scorer', 'requests/s', 'times static-large'], rows),
    ...availabilityDoubts(availability, curve),
    `![On-time share over the offered rate](${picture})`,
  ].join('\n\n');
}

function availabilityDoubts(
  availability: StandardDocument['availability'],
  curve: StandardDocument['curve'],
): string[] {
  const found = availability.find(({ fleet }) => fleet === curve.fleet)?.results ?? [];
  const sentences = found.flatMap((result) => {
    const dips = dipsBelow(result, curve).map(
      ({ ratePerSecond, onTime }) => `${formatInterval(onTime)} at ${formatCount(ratePerSecond)}`,
    );
    return dips.length === 0 ? [] : [`${result.scorer}, ${dips.join(', ')} requests/s`];
  });
  if (sentences.length === 0) return [];
  return [
    'These figures are too good: on time falls below 99 % at lower rates too, and recovers, so that the search ended ' +
      `beyond: ${sentences.join('; ')}.`,
  ];
}

/**
 * Rates below a scorer's availability at which it is not available. Bisection takes every rate below one that is
 * carried for carried as well.
 */
function dipsBelow(
  { scorer, availabilityRps }: AvailabilityResult,
  { points }: StandardDocument['curve'],
): StandardDocument['curve']['points'] {
  return points.filter(
    (point) =>
      point.scorer === scorer &&
      point.ratePerSecond < availabilityRps.mean &&
      point.onTime.mean < CARRIED_SHARE,
  );
}

function loadsPart({ loads: sweep, focus }: StandardDocument, picture: string): string {
  const shown = [focus, loads.baseline, loads.twice];
  const rows = sweep.points.map(({ meanRatePerSecond, results, ratios }) => {
    const by = (name: string) => results.find(({ scorer }) => scorer === name)!;
    return [
      formatCount(meanRatePerSecond),
      ...shown.map((name) => by(name).utility.mean.toFixed(3)),
      formatInterval(by(focus).f96),
      formatInterval(by(loads.baseline).f96),
      times(ratios.f96),
      times(ratios.f98),
      times(ratios.utilityPerGpu),
    ];
  });
  const headings = [
    'mean requests/s',
    ...shown.map((name) => `utility ${name}`),
    `f96 ${focus}`,
    `f96 ${loads.baseline}`,
    'f96 ratio',
    'f98 ratio',
    'utility per GPU ratio',
  ];
  return [
    `\`${sweep.workload}\` on ${sweep.fleet} with all its rates scaled. Ratios are ${focus} ÷ ${loads.baseline}, of means; ` +
      `utility per GPU is that of ${focus} on the fleet's own GPUs ÷ that of ${loads.baseline} on twice as many.`,
    markdownTable(headings, rows),
    `![f96 and f98 over the mean load](${picture})`,
  ].join('\n\n');
}

function times(ratio: Ratio): string {
  if (ratio === 'none') return '–';
  return ratio === 'any' ? 'any' : `${ratio.toFixed(2)} ×`;
}

function missingPart({ missing }: StandardDocument): string {
  const byPlace = Map.groupBy(missing, ({ fleet, workload }) => `${fleet}, ${workload}`);
  const sentences = [...byPlace].map(
    ([place, own]) => `${place}: ${own.map(({ scorer }) => scorer).join(', ')}`,
  );
  return [
    'Mostly for want of tuning (`npm run tune`); eval.json has the reason for each.',
    bullets(sentences),
  ].join('\n\n');
}

function nameOf(own: StandardComparison): string {
  const { fleet, workload, timesCarried, predictionSigma, conditions } = own;
  const load = timesCarried === undefined ? '' : ` at ${timesCarried} ×`;
  const prediction =
    predictionSigma === undefined
      ? ''
      : `, ${predictionSigma === 'none' ? 'no prediction' : `prediction σ ${predictionSigma}`}`;
  const under = conditions === undefined ? '' : `, ${conditions}`;
  return `${fleet}, ${workload}${load}${prediction}${under}`;
}

function resultFor({ results }: StandardComparison, name: string): ScorerResult {
  return results.find(({ scorer }) => scorer === name)!;
}
