import type { Interval } from '../../report/statistics.ts';
import type { FocusDifference, StandardComparison } from './document.ts';

/** What the interval of a difference says; a single seed says nothing. */
export function verdict({ low, high }: Interval): 'better' | 'worse' | 'no difference shown' {
  if (low !== null && low > 0) return 'better';
  if (high !== null && high < 0) return 'worse';
  return 'no difference shown';
}

const measures = {
  utility: 'utilityDifference',
  f96: 'f96Difference',
  f98: 'f98Difference',
} as const satisfies Record<string, keyof FocusDifference>;

export interface StaticLead {
  readonly scorer: string;
  readonly over: string;
  readonly measure: string;
  readonly by: Interval;
}

/** Every measure on which a static contender is ahead of the focus beyond doubt. */
export function staticLeads({ paired }: StandardComparison): StaticLead[] {
  return paired
    .filter(({ b }) => b.startsWith('static'))
    .flatMap((pair) =>
      Object.entries(measures)
        .filter(([, field]) => verdict(pair[field]) === 'worse')
        .map(([measure, field]) => ({ scorer: pair.b, over: pair.a, measure, by: negated(pair[field]) })),
    );
}

function negated({ mean, low, high }: Interval): Interval {
  return { mean: -mean, low: high === null ? null : -high, high: low === null ? null : -low };
}
