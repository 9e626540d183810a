import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../src/platform/random.ts';
import { TERMS } from '../../src/routing/learned/features.ts';
import {
  forward,
  HEADS,
  networkOf,
  type PolicyNetwork,
  parameterCount,
} from '../../src/routing/learned/network.ts';

const width = 5;
const hidden = 3;
const drawn = (length: number, random: Random) => Float32Array.from({ length }, () => 2 * random() - 1);

describe('network', () => {
  it('computes what its formula says, written here a second time as sums over columns', () => {
    const random = seededRandom(5);
    const network = networkOf(drawn(parameterCount(width, hidden), random), width, hidden);
    const [features, terms] = [drawn(4 * width, random), drawn(4 * TERMS, random)];
    const scores = forward(network, features, terms, 4);
    for (let row = 0; row < 4; row += 1)
      expect(scores[row]).toBeCloseTo(
        byFormula(network, [...features].slice(row * width), [...terms].slice(row * TERMS)),
        5,
      );
  });

  it('shares one vector with its parts, so that moving the vector moves the network', () => {
    const parameters = new Float32Array(parameterCount(width, hidden));
    const network = networkOf(parameters, width, hidden);
    parameters.fill(1);
    const parts = [network.w1, network.b1, network.skip, network.w2, network.b2];
    expect(parts.map((part) => part.length)).toEqual([
      width * hidden,
      hidden,
      width * HEADS,
      hidden * HEADS,
      HEADS,
    ]);
    expect(parts.every((part) => part.every((value) => value === 1))).toBe(true);
  });

  it('refuses a vector of another length, naming both', () => {
    expect(() => networkOf(new Float32Array(7), width, hidden)).toThrow(
      'parameters: expected 45 numbers, received 7',
    );
  });

  it('keeps a price that ran away finite', () => {
    const network = networkOf(new Float32Array(parameterCount(width, hidden)), width, hidden);
    network.b2[1] = 1e9;
    expect(forward(network, new Float32Array(width), Float32Array.of(1, 0, 1, 0), 1)[0]).toSatisfy(
      Number.isFinite,
    );
  });

  it('counts no harm for more than those in flight can lose', () => {
    const network = networkOf(new Float32Array(parameterCount(width, hidden)), width, hidden);
    network.b2[2] = 9;
    expect(forward(network, new Float32Array(width), Float32Array.of(0, 0, 0, 2), 1)[0]).toBeCloseTo(-3, 5);
  });
});

function byFormula(
  { w1, b1, skip, w2, b2 }: PolicyNetwork,
  x: number[],
  [quality, odds, cost, harm]: number[],
): number {
  const sum = (length: number, term: (at: number) => number) =>
    Array.from({ length }, (_, at) => term(at)).reduce((total, value) => total + value, 0);
  const h = Array.from({ length: hidden }, (_, unit) =>
    Math.tanh(b1[unit]! + sum(width, (at) => x[at]! * w1[at * hidden + unit]!)),
  );
  const [shift, logPrice, logWeight] = [0, 1, 2].map(
    (head) =>
      b2[head]! +
      sum(width, (at) => x[at]! * skip[at * HEADS + head]!) +
      sum(hidden, (unit) => h[unit]! * w2[unit * HEADS + head]!),
  );
  const [price, weight] = [Math.exp(Math.min(logPrice!, 20)), Math.min(Math.exp(logWeight!), 1.5)];
  return quality! / (1 + Math.exp(-(odds! + shift!))) - price * cost! - weight * harm!;
}
