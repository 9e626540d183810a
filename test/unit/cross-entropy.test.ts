import { describe, expect, it } from 'vitest';
import type { Parameter } from '../../policy/rivals/tunable.ts';
import { firstState, nextState, pointsOf, type SearchState } from '../../policy/tune/cross-entropy.ts';
import { pointAt, startPoint, valuesAt } from '../../policy/tune/search-space.ts';

const parameters: readonly Parameter[] = [
  { key: 'alpha', scale: 'log', low: 0.001, high: 100, start: 0.5 },
  { key: 'confidence', scale: 'share', low: 0.01, high: 0.99, start: 0.5 },
];

/** A smooth hill with its top at α = 7 and a confidence of 0.8. */
function hill({ alpha = 0, confidence = 0 }: Readonly<Record<string, number>>): number {
  return 1 - Math.log(alpha / 7) ** 2 - (Math.log(confidence / (1 - confidence)) - Math.log(4)) ** 2;
}

function search(options: { seed: number; population: number; iterations: number }): SearchState {
  let state = firstState(startPoint(parameters));
  while (state.iteration < options.iterations) {
    const points = pointsOf(state, options);
    state = nextState(
      state,
      points,
      points.map((point) => hill(valuesAt(parameters, point))),
    );
  }
  return state;
}

describe('cross-entropy search', () => {
  it('finds a known optimum from any seed', () => {
    for (const seed of [1, 2, 3]) {
      const { best, startValue } = search({ seed, population: 20, iterations: 20 });
      const found = valuesAt(parameters, best!.point);
      expect(found.alpha! / 7).toBeCloseTo(1, 1);
      expect(found.confidence).toBeCloseTo(0.8, 1);
      expect(startValue).toBeCloseTo(hill({ alpha: 0.5, confidence: 0.5 }), 9);
    }
  });

  it('tries the mean first, and the same points whenever it is asked', () => {
    const state = search({ seed: 1, population: 8, iterations: 2 });
    const options = { seed: 1, population: 8, iterations: 3 };
    expect(pointsOf(state, options)).toEqual(pointsOf(state, options));
    expect(pointsOf(state, options)[0]).toEqual(state.mean);
    expect(pointsOf({ ...state, iteration: 3 }, options)[1]).not.toEqual(pointsOf(state, options)[1]);
  });

  it('tries what is known first, and once', () => {
    const known = pointAt(parameters, { alpha: 7, confidence: 0.8 });
    const options = { seed: 1, population: 8, iterations: 3, hints: [known] };
    const first = firstState(startPoint(parameters));
    expect(pointsOf(first, options)).toHaveLength(8);
    expect(pointsOf(first, options).slice(0, 2)).toEqual([first.mean, known]);
    expect(pointsOf({ ...first, iteration: 1 }, options)).not.toContainEqual(known);
  });

  it('never loses the best it has found', () => {
    const state = search({ seed: 1, population: 8, iterations: 3 });
    const points = pointsOf(state, { seed: 1, population: 8, iterations: 4 });
    expect(
      nextState(
        state,
        points,
        points.map(() => -100),
      ).best,
    ).toEqual(state.best);
  });
});

describe('the search space', () => {
  it('starts at the start values and stays within bounds', () => {
    expect(valuesAt(parameters, startPoint(parameters))).toEqual({ alpha: 0.5, confidence: 0.5 });
    expect(valuesAt(parameters, [50, -50])).toEqual({ alpha: 100, confidence: 0.01 });
  });
});
