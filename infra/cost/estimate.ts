import type { Environment } from '../desired-state/environment.ts';
import { hostedEndpoints } from '../desired-state/hosted.ts';
import { cloudflareCosts } from './cloudflare.ts';
import { pricedRegion, pricePerHour } from './instances.ts';

/** One line of the bill, in US dollars a month. */
export interface CostLine {
  readonly what: string;
  /** With as few servers as there ever are. */
  readonly least: number;
  /** With as many as scaling may add, all month long. */
  readonly most: number;
}

/** Hours of a mean month. */
const hoursPerMonth = 730;

/** What an environment costs a month, before anything of it exists. Leaves out taxes, egress and what S3 keeps. */
export function estimate(environment: Environment): readonly CostLine[] {
  const { catalogue, document } = environment;
  const machines = document.aws === undefined ? [] : hostedEndpoints(catalogue, document.aws);
  return [
    ...machines.map(({ id, region, instanceType, minInstances, maxInstances, hosting }) => {
      const price = hosting.pricePerHourUsd ?? pricePerHour(instanceType)!;
      const isElsewhere = hosting.pricePerHourUsd === undefined && region !== pricedRegion;
      const range = minInstances === maxInstances ? `${minInstances}` : `${minInstances}–${maxInstances}`;
      return {
        what: `endpoint ${id}: ${range} × ${instanceType} at $${price}/h${isElsewhere ? ` (of ${pricedRegion})` : ''}`,
        least: minInstances * price * hoursPerMonth,
        most: maxInstances * price * hoursPerMonth,
      };
    }),
    ...cloudflareCosts(environment),
  ];
}

/** The whole bill. */
export function total(lines: readonly CostLine[]): CostLine {
  return {
    what: 'in all',
    least: lines.reduce((sum, { least }) => sum + least, 0),
    most: lines.reduce((sum, { most }) => sum + most, 0),
  };
}
