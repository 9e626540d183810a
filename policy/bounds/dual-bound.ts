import type { CapacityGroup } from './capacity-groups.ts';
import type { KnownRequest } from './hindsight-requests.ts';
import { lowestPrice, type Prices } from './prices.ts';

/**
 * The most quality any schedule can reach, by weak duality: whatever the prices, no schedule reaches more than the
 * worth of all the GPUs' time plus what each request would gain on its own by buying the time it needs at its
 * cheapest moment before its deadline. The prices decide how close this is, never whether it holds.
 */
export function dualBound(
  groups: readonly CapacityGroup[],
  requests: readonly KnownRequest[],
  prices: Prices,
): number {
  let total = 0;
  for (const [group, { replicas }] of groups.entries())
    for (const price of prices.perMs[group]!) total += price * replicas * prices.slotMs;
  for (const request of requests) total += gainOf(request, prices);
  return total;
}

function gainOf({ arrivalMs, deadlineMs, options }: KnownRequest, prices: Prices): number {
  let best = 0;
  for (const { group, quality, workMs } of options)
    best = Math.max(best, quality - workMs * lowestPrice(prices, group, arrivalMs, deadlineMs));
  return best;
}
