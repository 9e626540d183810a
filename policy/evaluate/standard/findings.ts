import type { Interval } from '../../report/statistics.ts';
import { formatInterval } from '../evaluation-table.ts';
import type { StandardComparison, StandardDocument } from './document.ts';
import { type KnownFigure, knownAvailability, knownBound, knownFigures } from './known.ts';
import { bullets, markdownTable } from './markdown-parts.ts';
import { verdict } from './verdicts.ts';

/** How far from the sketch's figure a mean may be to count as the same, where its interval does not hold it. */
const closeEnough = { utility: 0.02, f96: 0.05, onTime: 0.02, bound: 0.02 } as const;
/** The same for a rate, relative. */
const CLOSE_RATE = 0.1;

/** The rule untuned, where it was not tuned; static contenders always take part. */
const standIns = ['shadow-price'] as const;

/** The findings of the benchmark's early sketch, each repeated or corrected, with the figures of this run. */
export function whatWasKnown(document: StandardDocument): string {
  const rows = [
    ...knownFigures.flatMap((known) => figureRows(known, document)),
    ...boundRows(document),
    ...availabilityRows(document),
  ];
  return [
    'The benchmark’s early sketch left these figures; its scorers saw inside the GPUs, and most are of one to five ' +
      'seeds. A figure counts as repeated where the interval holds it or the mean is near it (0.02 for utility and ' +
      'on-time share, 0.05 for f96, a tenth for rates).',
    markdownTable(['', 'figure', 'sketch', 'here', ''], rows),
    bullets(statements(document)),
  ].join('\n\n');
}

function figureRows(known: KnownFigure, document: StandardDocument): string[][] {
  const comparison = comparisonFor(document, known);
  const result = [known.scorer, ...standIns]
    .map((name) => comparison?.results.find(({ scorer }) => scorer === name))
    .find((found) => found !== undefined);
  const prediction =
    known.predictionSigma === undefined
      ? ''
      : known.predictionSigma === 'none'
        ? ', no prediction'
        : `, prediction σ ${known.predictionSigma}`;
  const name = `${known.fleet}, ${known.workload}: ${result?.scorer ?? known.scorer}${prediction}`;
  if (result === undefined) return [[name, '', '', 'not run', '']];
  return (['utility', 'f96', 'onTime'] as const).map((measure) => [
    name,
    measure === 'onTime' ? 'on time' : measure,
    String(known[measure]),
    formatInterval(result[measure]),
    repeatedOr(result[measure], known[measure], closeEnough[measure]),
  ]);
}

function boundRows(document: StandardDocument): string[][] {
  const bounds = comparisonFor(document, knownBound)?.bounds;
  if (bounds === undefined) return [];
  const name = `${knownBound.fleet}, ${knownBound.workload}: in hindsight`;
  const sketch = `${knownBound.from} to ${knownBound.to}`;
  const nearest = (value: Interval) => Math.min(Math.max(value.mean, knownBound.from), knownBound.to);
  return [['bound', bounds.bound] as const, ['estimate, no bound', bounds.estimate] as const].map(
    ([what, value]) => [
      name,
      what,
      sketch,
      formatInterval(value),
      repeatedOr(value, nearest(value), closeEnough.bound),
    ],
  );
}

function availabilityRows({ availability }: StandardDocument): string[][] {
  return knownAvailability.flatMap(({ fleet, scorer, ratePerSecond }) => {
    const found = availability
      .find((own) => own.fleet === fleet)
      ?.results.find((own) => own.scorer === scorer)?.availabilityRps;
    if (found === undefined) return [];
    return [
      [
        `${fleet}, stable: ${scorer}`,
        'availability, requests/s',
        `about ${ratePerSecond}`,
        formatInterval(found, 0),
        repeatedOr(found, ratePerSecond, CLOSE_RATE * ratePerSecond),
      ],
    ];
  });
}

function repeatedOr({ mean, low, high }: Interval, known: number, tolerance: number): string {
  const isInside = low !== null && high !== null && low <= known && known <= high;
  if (isInside || Math.abs(mean - known) <= tolerance) return 'repeated';
  return mean > known ? 'corrected: higher' : 'corrected: lower';
}

/** What the sketch concluded in words, as far as this run can tell. */
function statements(document: StandardDocument): string[] {
  return [...rivalStatements(document), ...predictionStatements(document)];
}

/** "The rule to beat is the shadow price, not static serving and not greedy." */
function rivalStatements({ comparisons }: StandardDocument): string[] {
  const rivals = ['static-large', 'largest-on-time', 'in-flight-caps', 'least-in-flight'] as const;
  return comparisons
    .filter(({ group }) => group === 'paper')
    .map((own) => {
      const parts = rivals.flatMap((rival) => {
        const difference = own.paired.find(({ b }) => b === rival)?.utilityDifference;
        if (difference === undefined) return [];
        return [`${rival} ${formatInterval(difference, 3)} (${verdict(difference)})`];
      });
      return `${own.fleet}, ${own.workload}: utility of ${own.focus} less that of ${parts.join(', ')}.`;
    });
}

/** "Knowing lengths is worth more than anything else found." */
function predictionStatements({ comparisons }: StandardDocument): string[] {
  const heavy = comparisons.filter(({ group }) => group === 'heavy');
  const withoutAny = heavy.filter(({ predictionSigma }) => predictionSigma === 'none');
  return withoutAny.flatMap((own) =>
    own.results
      .filter(({ scorer }) => !scorer.startsWith('static-'))
      .map(({ scorer, utility, f96 }) => {
        const predicted = heavy.filter(
          (other) =>
            other.fleet === own.fleet && other.workload === own.workload && other.predictionSigma !== 'none',
        );
        const gains = predicted.map((other) => {
          const result = other.results.find((found) => found.scorer === scorer)!;
          const points = (result.utility.mean - utility.mean) * 100;
          const sign = points < 0 ? '−' : '+';
          return `σ ${other.predictionSigma}: ${sign}${Math.abs(points).toFixed(1)} points, f96 ${result.f96.mean.toFixed(2)}`;
        });
        return (
          `${own.fleet}, ${own.workload}, ${scorer}: utility ${utility.mean.toFixed(3)} and f96 ${f96.mean.toFixed(2)} ` +
          `without a prediction of the length; with one of ${gains.join('; ')}.`
        );
      }),
  );
}

function comparisonFor(
  { comparisons }: StandardDocument,
  wanted: Pick<KnownFigure, 'fleet' | 'workload' | 'predictionSigma'>,
): StandardComparison | undefined {
  return comparisons.find(
    ({ fleet, workload, predictionSigma, conditions }) =>
      conditions === undefined &&
      fleet === wanted.fleet &&
      workload === wanted.workload &&
      predictionSigma === wanted.predictionSigma,
  );
}
