import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/platform/random.ts';
import { at, type Line, learn, priorLine } from '../../src/routing/line.ts';

/** Feeds observations of y = a + b·x with log-normal noise. */
function taught(prior: Line, a: number, b: number, count: number, sigma: number, seed: number): Line {
  const random = seededRandom(seed);
  let line = prior;
  for (let index = 0; index < count; index++) {
    const x = random() * 100;
    const gaussian = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    line = learn(line, prior, x, (a + b * x) * Math.exp(sigma * gaussian - sigma ** 2 / 2));
  }
  return line;
}

describe('a learned line', () => {
  it.each([1, 2, 3])(
    'seed %i: predicts within a tenth all along, from noisy times and a prior far off',
    (seed) => {
      const line = taught(priorLine(100, 1), 30, 4, 1_000, 0.2, seed);
      for (const x of [5, 50, 95]) expect(Math.abs(at(line, x) / (30 + 4 * x) - 1)).toBeLessThan(0.1);
    },
  );

  it('learns how far off its predictions are', () => {
    for (const sigma of [0.1, 0.4]) {
      const line = taught(priorLine(30, 4), 30, 4, 2_000, sigma, 7);
      expect(Math.sqrt(line.logVariance)).toBeGreaterThan(0.7 * sigma);
      expect(Math.sqrt(line.logVariance)).toBeLessThan(1.4 * sigma);
    }
  });

  it('follows hardware that becomes three times slower within some hundred observations', () => {
    const prior = priorLine(10, 1);
    let line = taught(prior, 10, 1, 3_000, 0.1, 1);
    const random = seededRandom(2);
    for (let index = 0; index < 400; index++) {
      const x = random() * 100;
      line = learn(line, prior, x, 3 * (10 + x));
    }
    expect(at(line, 50) / 180).toBeGreaterThan(0.8);
  });

  it('is not thrown by one absurd time', () => {
    const prior = priorLine(10, 1);
    const line = taught(prior, 10, 1, 500, 0.1, 3);
    const after = learn(line, prior, 50, 1e9);
    expect(at(after, 50) / at(line, 50)).toBeLessThan(1.5);
  });

  it('stays positive under any times', () => {
    const prior = priorLine(10, 1);
    let line = prior;
    for (let index = 0; index < 500; index++) line = learn(line, prior, 100, 1e-3);
    expect(line.intercept).toBeGreaterThan(0);
    expect(line.slope).toBeGreaterThan(0);
  });
});
