import type { Catalogue } from '../../src/routing/catalogue.ts';
import type { Fleet, Hardware } from '../arena/fleet.ts';
import { peaksOf } from '../arena/measures.ts';
import type { WorkloadRequest } from '../workloads/request.ts';
import { capacityGroups } from './capacity-groups.ts';
import { dualBound } from './dual-bound.ts';
import { fluidPrices } from './fluid-program.ts';
import { knownRequests } from './hindsight-requests.ts';
import { LeastWork } from './least-work.ts';
import type { RequestWork } from './request-work.ts';
import { SteadyWork } from './steady-work.ts';

export interface Bound {
  /** Σ quality / Σ peak, at most 1; no way to route on this fleet reaches more. */
  readonly utility: number;
  /** In sentences, what makes it a bound and how loose it is. */
  readonly why: string;
}

export interface BoundOptions {
  /** Ladder the peak is taken from, where the fleet is another one's GPUs arranged otherwise. By default its own. */
  readonly ladder?: Catalogue | undefined;
}

/** New tokens per step at which the charges are tight: from a batch of decodes to steps full of prompts. */
const TANGENTS = [128, 256, 512, 1024] as const;
/** Deadlines are told apart to a third of the shortest, and no program has more slots than this. */
const SLOTS_PER_DEADLINE = 3;
const MOST_SLOTS = 600;

/**
 * An upper bound on the utility of any routing on this fleet (not on the same GPUs arranged otherwise), knowing every
 * request, its length and the GPUs' inside. The smallest of several bounds, which differ in the load they are tight at.
 */
export async function hindsightBound(
  fleet: Fleet,
  requests: Iterable<WorkloadRequest>,
  { ladder = fleet.catalogue }: BoundOptions = {},
): Promise<Bound> {
  const stream = [...requests];
  const reachable = TANGENTS.map((tangentTokens) =>
    reachableQuality(fleet, stream, (hardware) => new LeastWork(hardware, tangentTokens)),
  );
  return {
    utility: shareOfPeak(Math.min(...(await Promise.all(reachable))), ladder, stream),
    why:
      'A bound: every schedule spends at least a certain GPU time on each request that is on time (its share of a full ' +
      'batch, its own tokens at the cheapest kind of step) between its arrival and its deadline, and no GPU gives more ' +
      'time than there is; by weak duality the prices of that time, found by a linear program, bound what any schedule ' +
      'can reach. Loose, since batches are taken to be full and requests to be divisible among GPUs.',
  };
}

/**
 * What could be reached if every request were served as in a steady stream of its like: tighter than the bound, and
 * no bound itself.
 */
export async function hindsightEstimate(
  fleet: Fleet,
  requests: Iterable<WorkloadRequest>,
  { ladder = fleet.catalogue }: BoundOptions = {},
): Promise<Bound> {
  const stream = [...requests];
  const reachable = await reachableQuality(fleet, stream, (hardware) => new SteadyWork(hardware));
  return {
    utility: shareOfPeak(reachable, ladder, stream),
    why:
      'An estimate, not a bound: the linear program with the GPU time of a steady stream, in batches as large as the ' +
      'deadline allows. A schedule that reads prompts apart from generating could in principle reach more.',
  };
}

async function reachableQuality(
  fleet: Fleet,
  requests: readonly WorkloadRequest[],
  workOf: (hardware: Hardware) => RequestWork,
): Promise<number> {
  const groups = capacityGroups(fleet, workOf);
  const known = knownRequests(fleet.catalogue, groups, requests);
  return dualBound(groups, known, await fluidPrices(groups, known, slotMsFor(known)));
}

function shareOfPeak(quality: number, ladder: Catalogue, requests: readonly WorkloadRequest[]): number {
  const peaks = peaksOf(ladder);
  const peak = requests.reduce((sum, { task }) => sum + (peaks.get(task) ?? 0), 0);
  return peak === 0 ? 0 : Math.min(quality / peak, 1);
}

function slotMsFor(requests: readonly { readonly arrivalMs: number; readonly deadlineMs: number }[]): number {
  let shortestMs = Number.POSITIVE_INFINITY;
  let lastMs = 0;
  for (const { arrivalMs, deadlineMs } of requests) {
    shortestMs = Math.min(shortestMs, deadlineMs - arrivalMs);
    lastMs = Math.max(lastMs, arrivalMs);
  }
  const leastMs = Math.max(lastMs / MOST_SLOTS, 1);
  return shortestMs === Number.POSITIVE_INFINITY
    ? leastMs
    : Math.max(shortestMs / SLOTS_PER_DEADLINE, leastMs);
}
