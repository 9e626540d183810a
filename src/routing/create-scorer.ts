import type { Random } from '../platform/random.ts';
import type { ScorerConfig } from './catalogue.ts';
import type { SyncScorer } from './scorer.ts';
import { inFlightCaps } from './scorers/in-flight-caps.ts';
import { largestOnTime } from './scorers/largest-on-time.ts';
import { leastInFlight } from './scorers/least-in-flight.ts';
import { powerOfTwo } from './scorers/power-of-two.ts';
import { shadowPrice } from './scorers/shadow-price.ts';
import { staticVariant } from './scorers/static.ts';

/** The scorer a configuration asks for. */
export function createScorer(config: ScorerConfig, random: Random): SyncScorer {
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
  }
}
