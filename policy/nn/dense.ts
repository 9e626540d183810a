import type { Vector } from './vector.ts';

/** A dense layer `y = x·W + b`. Matrices are row-major: `x` is rows × inputs, `W` inputs × outputs, `y` rows × outputs. */
export interface DenseShape {
  readonly inputs: number;
  readonly outputs: number;
}

/** The layer's weights and biases, or their gradients. */
export interface DenseValues {
  readonly weights: Vector;
  readonly biases: Vector;
}

/** Numbers a layer has to learn. */
export function denseSize({ inputs, outputs }: DenseShape): number {
  return (inputs + 1) * outputs;
}

/** Fills the first `rows` of `y`. Inputs of zero, which ReLUs leave many of, cost nothing. */
export function denseForward(
  { inputs, outputs }: DenseShape,
  { weights, biases }: DenseValues,
  x: Vector,
  y: Vector,
  rows: number,
): void {
  for (let row = 0; row < rows; row += 1) {
    const to = row * outputs;
    for (let output = 0; output < outputs; output += 1) y[to + output] = biases[output]!;
    for (let input = 0; input < inputs; input += 1) {
      const value = x[row * inputs + input]!;
      if (value === 0) continue;
      const from = input * outputs;
      for (let output = 0; output < outputs; output += 1)
        y[to + output] = y[to + output]! + value * weights[from + output]!;
    }
  }
}

/** Adds the gradients of weights and biases, given the loss's gradient `dy` in the outputs. */
export function denseGradients(
  { inputs, outputs }: DenseShape,
  gradients: DenseValues,
  x: Vector,
  dy: Vector,
  rows: number,
): void {
  const { weights, biases } = gradients;
  for (let row = 0; row < rows; row += 1) {
    const at = row * outputs;
    for (let output = 0; output < outputs; output += 1) biases[output] = biases[output]! + dy[at + output]!;
    for (let input = 0; input < inputs; input += 1) {
      const value = x[row * inputs + input]!;
      if (value === 0) continue;
      const to = input * outputs;
      for (let output = 0; output < outputs; output += 1)
        weights[to + output] = weights[to + output]! + value * dy[at + output]!;
    }
  }
}

/** Fills the first `rows` of `dx`, the loss's gradient in the inputs. */
export function denseBackward(
  { inputs, outputs }: DenseShape,
  weights: Vector,
  dy: Vector,
  dx: Vector,
  rows: number,
): void {
  for (let row = 0; row < rows; row += 1)
    for (let input = 0; input < inputs; input += 1) {
      let sum = 0;
      for (let output = 0; output < outputs; output += 1)
        sum += dy[row * outputs + output]! * weights[input * outputs + output]!;
      dx[row * inputs + input] = sum;
    }
}
