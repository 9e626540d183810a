import type { Fleet } from '../../arena/fleet.ts';
import type { JointLengths, TokenLengths } from '../../workloads/lengths.ts';
import { meanLengths } from './lengths.ts';

/** A fleet and how long the requests are that it gets. */
export interface DrawnFleet {
  readonly fleet: Fleet;
  /** A variant of the largest model. */
  readonly largestId: string;
  /** By task. */
  readonly lengths: Readonly<Record<string, JointLengths>>;
}

/** Mean lengths by task. */
export function meansOf(lengths: DrawnFleet['lengths']): Readonly<Record<string, TokenLengths>> {
  return Object.fromEntries(Object.entries(lengths).map(([task, law]) => [task, meanLengths(law)]));
}
