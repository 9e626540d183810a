import { type Percentiles, percentiles } from '../report/statistics.ts';
import type { Judged } from './recorder.ts';

/** The measures of a group of requests. Latencies are of the answered ones, in milliseconds. */
export interface Measures {
  readonly requests: number;
  /** Share of all requests, shed and failed ones included, that kept their SLO. */
  readonly onTimeShare: number | null;
  /** Quality of the answers on time, as a share of what the best variant on time would have brought. */
  readonly utility: number | null;
  readonly shed: number;
  readonly failed: number;
  readonly ttftMs: Percentiles;
  readonly tpotMs: Percentiles;
  readonly e2eMs: Percentiles;
}

export interface Summary extends Measures {
  /** Requests that no variant took (shed, or failed before that) are in the totals only. */
  readonly byVariant: Readonly<Record<string, Measures>>;
  readonly byClass: Readonly<Record<string, Measures>>;
  /** How late requests were sent: what the client, not the gateway, owes. */
  readonly sendLagMs: Percentiles;
  /** Requests that were to be sent, or had been, when the replay was ended early. */
  readonly unfinished: number;
}

/** The whole replay, and the same by variant and by class. */
export function summarize(judged: readonly Judged[], planned: number): Summary {
  return {
    ...measure(judged),
    byVariant: measureBy(judged, (one) => one.route.variant),
    byClass: measureBy(judged, (one) => one.class),
    sendLagMs: percentiles(judged.map((one) => Math.max(0, one.lagMs))),
    unfinished: planned - judged.length,
  };
}

export function measure(judged: readonly Judged[]): Measures {
  const answered = judged.flatMap(({ outcome }) => (outcome.kind === 'answered' ? [outcome] : []));
  const count = (kind: Judged['outcome']['kind']) => judged.filter((one) => one.outcome.kind === kind).length;
  return {
    requests: judged.length,
    onTimeShare: ratio(judged.filter((one) => one.onTime).length, judged.length),
    utility: ratio(
      total(judged, (one) => one.utility),
      total(judged, (one) => one.peak),
    ),
    shed: count('shed'),
    failed: count('failed'),
    ttftMs: percentiles(answered.map((one) => one.ttftMs)),
    tpotMs: percentiles(answered.flatMap((one) => one.tpotMs ?? [])),
    e2eMs: percentiles(answered.map((one) => one.e2eMs)),
  };
}

/** Groups by a name, those without one left out, in the names' order. */
export function groupBy<T>(
  items: readonly T[],
  nameOf: (item: T) => string | undefined,
): ReadonlyMap<string, readonly T[]> {
  const groups = Map.groupBy(items, nameOf);
  const named = [...groups].filter((entry): entry is [string, T[]] => entry[0] !== undefined);
  return new Map(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function measureBy(
  judged: readonly Judged[],
  nameOf: (one: Judged) => string | undefined,
): Record<string, Measures> {
  return Object.fromEntries([...groupBy(judged, nameOf)].map(([name, group]) => [name, measure(group)]));
}

function ratio(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}

function total(judged: readonly Judged[], of: (one: Judged) => number): number {
  return judged.reduce((sum, one) => sum + of(one), 0);
}
