import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/platform/random.ts';
import { at, type LearnedLinear, learn, priorLinear, withError } from '../../src/routing/linear.ts';

/** Feeds observations whose median is a + b·x, with log-normal noise. */
function taught(
  prior: LearnedLinear,
  { a, b, count, sigma, seed }: Record<'a' | 'b' | 'count' | 'sigma' | 'seed', number>,
): LearnedLinear {
  const random = seededRandom(seed);
  let estimate = prior;
  for (let index = 0; index < count; index++) {
    const x = [1, random() * 100];
    const gaussian = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const y = (a + b * x[1]!) * Math.exp(sigma * gaussian);
    estimate = withError(learn(estimate, prior, x, y), y / at(estimate, x));
  }
  return estimate;
}

describe('a learned time', () => {
  it.each([1, 2, 3])(
    'seed %i: is predicted within an eighth all along, from noisy times and a prior far off',
    (seed) => {
      const estimate = taught(priorLinear([100, 1]), { a: 30, b: 4, count: 1_000, sigma: 0.2, seed });
      for (const x of [5, 50, 95])
        expect(Math.abs(at(estimate, [1, x]) / (30 + 4 * x) - 1)).toBeLessThan(0.125);
    },
  );

  it('learns how far off its predictions are', () => {
    for (const sigma of [0.1, 0.4]) {
      const estimate = taught(priorLinear([30, 4]), { a: 30, b: 4, count: 2_000, sigma, seed: 7 });
      expect(Math.sqrt(estimate.logVariance)).toBeGreaterThan(0.7 * sigma);
      expect(Math.sqrt(estimate.logVariance)).toBeLessThan(1.4 * sigma);
    }
  });

  it('tells three causes apart', () => {
    const prior = priorLinear([10, 1, 1]);
    const random = seededRandom(5);
    let estimate = prior;
    for (let index = 0; index < 500; index++) {
      const x = [1, random() * 20, random() < 0.5 ? 0 : random() * 30];
      estimate = learn(estimate, prior, x, 20 + 0.5 * x[1]! + 0.2 * x[2]!);
    }
    expect(estimate.weights[0]).toBeCloseTo(20, 0);
    expect(estimate.weights[1]).toBeCloseTo(0.5, 1);
    expect(estimate.weights[2]).toBeCloseTo(0.2, 1);
  });

  it('follows hardware that becomes three times slower within some hundred observations', () => {
    const prior = priorLinear([10, 1]);
    let estimate = taught(prior, { a: 10, b: 1, count: 3_000, sigma: 0.1, seed: 1 });
    const random = seededRandom(2);
    for (let index = 0; index < 400; index++) {
      const x = random() * 100;
      estimate = learn(estimate, prior, [1, x], 3 * (10 + x));
    }
    expect(at(estimate, [1, 50]) / 180).toBeGreaterThan(0.8);
  });

  it('is not thrown by one absurd time, and as little upwards as downwards', () => {
    const prior = priorLinear([10, 1]);
    const estimate = taught(prior, { a: 10, b: 1, count: 500, sigma: 0.1, seed: 3 });
    const was = at(estimate, [1, 50]);
    const [up, down] = [1e9, 1e-9].map((y) => at(learn(estimate, prior, [1, 50], y), [1, 50]) - was);
    expect(up! / was).toBeLessThan(0.5);
    expect(down).toBeCloseTo(-up!, 6);
  });

  it('stays positive under any times', () => {
    const prior = priorLinear([10, 1]);
    let estimate = prior;
    for (let index = 0; index < 500; index++) estimate = learn(estimate, prior, [1, 100], 1e-3);
    expect(Math.min(...estimate.weights)).toBeGreaterThan(0);
  });
});
