import { LATE_COST } from '../../../src/routing/learned/features.ts';
import type { Measures } from '../../arena/measures.ts';

/** How a run went. */
export type Score = Pick<Measures, 'utility' | 'onTime'>;

/** What learning is rewarded for: utility, less what the late answers cost. */
export function worthOf({ utility, onTime }: Score): number {
  return utility - LATE_COST * (1 - onTime);
}
