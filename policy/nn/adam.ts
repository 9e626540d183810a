import type { Vector } from './vector.ts';

/** Moments of the gradients so far; plain data, so that a checkpoint can hold it. */
export interface AdamState {
  readonly first: Float32Array;
  readonly second: Float32Array;
  steps: number;
}

const DECAY_FIRST = 0.9;
const DECAY_SECOND = 0.999;
const EPSILON = 1e-8;

export function adamState(size: number): AdamState {
  return { first: new Float32Array(size), second: new Float32Array(size), steps: 0 };
}

/** One step of Adam (Kingma and Ba 2015, algorithm 1, with their constants), in place. */
export function adamStep(
  state: AdamState,
  parameters: Vector,
  gradients: Vector,
  learningRate: number,
): void {
  const { first, second } = state;
  state.steps += 1;
  const unbiasFirst = 1 - DECAY_FIRST ** state.steps;
  const unbiasSecond = 1 - DECAY_SECOND ** state.steps;
  for (let index = 0; index < parameters.length; index += 1) {
    const gradient = gradients[index]!;
    const mean = DECAY_FIRST * first[index]! + (1 - DECAY_FIRST) * gradient;
    const square = DECAY_SECOND * second[index]! + (1 - DECAY_SECOND) * gradient * gradient;
    first[index] = mean;
    second[index] = square;
    const size = Math.sqrt(square / unbiasSecond) + EPSILON;
    parameters[index] = parameters[index]! - (learningRate * (mean / unbiasFirst)) / size;
  }
}

/** Scales gradients, in place, whose Euclidean length is above `most`. @returns the length before */
export function clipLength(gradients: Vector, most: number): number {
  let squares = 0;
  for (let index = 0; index < gradients.length; index += 1) squares += gradients[index]! ** 2;
  const length = Math.sqrt(squares);
  if (length > most)
    for (let index = 0; index < gradients.length; index += 1)
      gradients[index] = gradients[index]! * (most / length);
  return length;
}
