import type { RateLimit } from '../access/rate-limit.ts';
import { ApiError } from './api-error.ts';

/** The binding's period, in seconds: `wrangler.toml`. */
const periodS = 60;

/**
 * Turns down a key that asks far too often, before it keeps the one object busy that counts exactly for all keys.
 * @param rateLimit absent: nobody is held back
 * @throws ApiError 429
 */
export async function holdBack(rateLimit: RateLimit | undefined, keyId: string): Promise<void> {
  if (rateLimit === undefined || (await rateLimit.limit({ key: keyId })).success) return;
  throw new ApiError(429, 'rate_limit_error', 'this key asks more often than the gateway takes from any', {
    code: 'rate_limit_exceeded',
    headers: { 'retry-after': String(periodS) },
  });
}
