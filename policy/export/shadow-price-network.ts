import { features } from '../../src/routing/learned/features.ts';
import { HEADS, networkOf, type PolicyNetwork, parameterCount } from '../../src/routing/learned/network.ts';

/**
 * The network that is the rule it departs from: the price of a place is `alpha · load^beta`, the odds are left as they
 * are. For checks, and to begin from.
 */
export function shadowPriceNetwork(alpha: number, beta: number, hidden = 0): PolicyNetwork {
  const network = networkOf(
    new Float32Array(parameterCount(features.length, hidden)),
    features.length,
    hidden,
  );
  const load = features.findIndex(({ name }) => name === 'load');
  const { centre, scale } = features[load]!;
  network.skip[load * HEADS + 1] = beta * scale;
  network.b2[1] = Math.log(alpha) + beta * centre;
  return network;
}
