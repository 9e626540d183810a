import type { Random } from '../platform/random.ts';
import type { LearnedConfig, ScorerConfig } from './catalogue.ts';
import type { Scorer, SyncScorer } from './scorer.ts';
import { inFlightCaps } from './scorers/in-flight-caps.ts';
import { largestOnTime } from './scorers/largest-on-time.ts';
import { leastInFlight } from './scorers/least-in-flight.ts';
import { powerOfTwo } from './scorers/power-of-two.ts';
import { shadowPrice } from './scorers/shadow-price.ts';
import { staticVariant } from './scorers/static.ts';

/**
 * The scorer a configuration asks for.
 * @param learned makes the learned one, whose network comes from outside
 * @throws Error when the learned one is asked for and nobody can make it
 */
export function createScorer<Learned extends Scorer = never>(
  config: ScorerConfig,
  random: Random,
  learned: (config: LearnedConfig) => Learned = withoutNetworks,
): SyncScorer | Learned {
  switch (config.kind) {
    case 'least-in-flight':
      return leastInFlight();
    case 'power-of-two':
      return powerOfTwo(random);
    case 'static':
      return staticVariant(config.variant);
    case 'in-flight-caps':
      return inFlightCaps(config.caps);
    case 'largest-on-time':
      return largestOnTime(config.confidence);
    case 'shadow-price':
      return shadowPrice(config);
    case 'learned':
      return learned(config);
  }
}

function withoutNetworks({ artifact }: LearnedConfig): never {
  throw new Error(`the learned scorer needs its network, ${artifact}, and none was given`);
}
