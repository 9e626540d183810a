import { describe, expect, it } from 'vitest';
import {
  directionOf,
  type EvolutionSizes,
  type EvolutionState,
  firstEvolution,
  moved,
  nextEvolution,
} from '../../policy/train/learned/evolution.ts';

const sizes: EvolutionSizes = {
  seed: 3,
  pairs: 16,
  deviation: 0.05,
  rate: 0.05,
  lastRate: 0.01,
  generations: 150,
};
const target = [1, -2, 0.5, 3];
/** Best, with 0, at the target. */
const value = (at: ArrayLike<number>) =>
  -target.reduce((sum, goal, index) => sum + (at[index]! - goal) ** 2, 0);

function run(from: EvolutionState, generations: number): EvolutionState {
  let state = from;
  while (state.generation < generations) {
    const gains = Array.from({ length: sizes.pairs }, (_, pair) => {
      const direction = directionOf(sizes.seed, state.generation, pair, target.length);
      const side = (scale: number) => value(moved(state.parameters, direction, scale));
      return side(sizes.deviation) - side(-sizes.deviation);
    });
    state = nextEvolution(state, gains, sizes);
  }
  return state;
}

describe('evolution strategies', () => {
  it('climb a hill they only see from its values', () => {
    const { average } = run(firstEvolution([0, 0, 0, 0]), sizes.generations);
    expect(value(average)).toBeGreaterThan(-0.05);
  });

  it('go on from a stored state as if they had never stopped', () => {
    const whole = run(firstEvolution([0, 0, 0, 0]), 40);
    const stored = JSON.parse(JSON.stringify(run(firstEvolution([0, 0, 0, 0]), 17)));
    expect(run(stored, 40)).toEqual(whole);
  });

  it('stay where nothing is gained', () => {
    const still = nextEvolution(firstEvolution(target), new Array(sizes.pairs).fill(0), sizes);
    expect(still.parameters).toEqual(target);
  });

  it('draw directions that differ by seed, generation and pair, of mean 0 and variance 1', () => {
    const draws = [
      directionOf(1, 0, 0, 5_000),
      directionOf(2, 0, 0, 5_000),
      directionOf(1, 1, 0, 5_000),
      directionOf(1, 0, 1, 5_000),
    ];
    for (const [index, direction] of draws.entries()) {
      const mean = direction.reduce((sum, draw) => sum + draw, 0) / direction.length;
      const variance = direction.reduce((sum, draw) => sum + draw ** 2, 0) / direction.length;
      expect(Math.abs(mean)).toBeLessThan(0.06);
      expect(Math.abs(variance - 1)).toBeLessThan(0.1);
      for (const other of draws.slice(index + 1)) {
        const correlation =
          direction.reduce((sum, draw, at) => sum + draw * other[at]!, 0) / direction.length;
        expect(Math.abs(correlation)).toBeLessThan(0.06);
      }
    }
  });
});
