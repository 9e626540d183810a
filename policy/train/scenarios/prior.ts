import type { Random } from '../../../src/platform/random.ts';
import type { Variant } from '../../../src/routing/catalogue.ts';
import { factor, written } from './draws.ts';

/** A prior as its owner would guess it: each number off by a lognormal factor of its own. */
export function guessed(prior: Variant['prior'], sigma: number, random: Random): Variant['prior'] {
  const off = (value: number) => written(value * factor(sigma, random));
  return {
    ttftMs: off(prior.ttftMs),
    ttftMsPerToken: off(prior.ttftMsPerToken),
    tpotMs: off(prior.tpotMs),
    tpotMsPerRequest: off(prior.tpotMsPerRequest),
  };
}
