import { seededRandom } from '../../../src/platform/random.ts';
import { features } from '../../../src/routing/learned/features.ts';
import { HEADS, networkOf, parameterCount } from '../../../src/routing/learned/network.ts';
import { normal } from '../../workloads/variates.ts';

/** The rule's parameters that the search begins at: production's defaults. */
const ALPHA = 0.5;
const BETA = 4;

/**
 * Parameters with which the network is the shadow price's rule: the log price is ln α + β · ln load, and the hidden layer
 * is heard by no head. Its own weights are drawn, so that every unit begins to look at something else.
 */
export function startParameters(hidden: number, seed: number): Float32Array {
  const parameters = new Float32Array(parameterCount(features.length, hidden));
  const { w1, skip, b2 } = networkOf(parameters, features.length, hidden);
  const load = features.findIndex(({ name }) => name === 'load');
  const { centre, scale } = features[load]!;
  skip[load * HEADS + 1] = BETA * scale;
  b2[1] = Math.log(ALPHA) + BETA * centre;
  const random = seededRandom(seed);
  for (const at of w1.keys()) w1[at] = normal(random) / Math.sqrt(features.length);
  return parameters;
}
