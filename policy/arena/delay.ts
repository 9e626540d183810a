import { z } from 'zod';
import type { Random } from '../../src/platform/random.ts';
import { lognormal } from '../workloads/variates.ts';

/** How long a message takes, one way. */
export const delaySchema = z
  .strictObject({
    meanMs: z.number().min(0).max(60_000),
    /** Standard deviation of the delay's logarithm; 0: every message takes the mean. */
    jitter: z.number().min(0).max(3).default(0),
  })
  .readonly();
export type DelayLaw = z.output<typeof delaySchema>;

/** Draws delays. Those of a law with mean 0 are 0, all others are above 0. */
export function delaysOf({ meanMs, jitter }: DelayLaw, random: Random): () => number {
  if (meanMs === 0 || jitter === 0) return () => meanMs;
  const draw = lognormal(meanMs, jitter);
  return () => draw(random);
}
