import { z } from 'zod';
import { requestClasses } from '../routing/catalogue.ts';

const amount = z.int().positive();

const limitShape = {
  /** Requests in any 60 seconds. */
  requestsPerMinute: amount.optional(),
  /** Prompt and output tokens in any 60 seconds, counted when their request was admitted. */
  tokensPerMinute: amount.optional(),
  /** Most output tokens of one answer; see `outputBound`. */
  outputTokens: amount.optional(),
};

/** What all keys together may take. */
export const sharedLimitsSchema = z.strictObject(limitShape).readonly();
export type SharedLimits = z.output<typeof sharedLimitsSchema>;

/** What one key may take. An absent limit is none. */
const keyLimitsSchema = z
  .strictObject({
    ...limitShape,
    /** Prompt and output tokens since midnight, UTC. */
    tokensPerDay: amount.optional(),
    /** Prompt and output tokens since the first of the month, UTC. */
    tokensPerMonth: amount.optional(),
  })
  .readonly();
export type KeyLimits = z.output<typeof keyLimitsSchema>;

export const policySchema = z
  .strictObject({
    limits: keyLimitsSchema.prefault({}),
    /** Variants the key may use; absent: all, later ones included. */
    variants: z.array(z.string()).min(1).readonly().optional(),
    /** Request classes the key may use; absent: all. */
    classes: z.array(z.enum(requestClasses)).min(1).readonly().optional(),
  })
  .readonly();
export type Policy = z.output<typeof policySchema>;

/** Output tokens of one answer where tokens are limited and nobody said how long an answer may be. */
const DEFAULT_OUTPUT_TOKENS = 4_096;

/**
 * Most output tokens that an answer to this key may have. Where tokens are limited there always is a bound, and it
 * is sent along with the request: only then is what a request reserves the most it can take, and only then does a
 * limit hold whoever calls at once. Undefined: none.
 */
export function outputBound(policy: Policy, shared: SharedLimits): number | undefined {
  const { tokensPerMinute, tokensPerDay, tokensPerMonth, outputTokens } = policy.limits;
  const limits = [tokensPerMinute, tokensPerDay, tokensPerMonth, shared.tokensPerMinute];
  const isLimited = limits.some((limit) => limit !== undefined);
  return outputTokens ?? shared.outputTokens ?? (isLimited ? DEFAULT_OUTPUT_TOKENS : undefined);
}
