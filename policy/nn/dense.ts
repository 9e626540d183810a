import type { Vector } from './vector.ts';

/** A dense layer `y = x·Wᵀ + b`. Matrices are row-major: `x` is rows × inputs, `W` outputs × inputs, `y` rows × outputs. */
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

/** Fills the first `rows` of `y`. */
export function denseForward(
  { inputs, outputs }: DenseShape,
  { weights, biases }: DenseValues,
  x: Vector,
  y: Vector,
  rows: number,
): void {
  for (let row = 0; row < rows; row += 1) {
    const from = row * inputs;
    const to = row * outputs;
    let output = 0;
    // Four sums at once keep the processor busy where one would wait for each of its additions.
    for (; output + 3 < outputs; output += 4) {
      const first = output * inputs;
      const second = first + inputs;
      const third = second + inputs;
      const fourth = third + inputs;
      let a = biases[output]!;
      let b = biases[output + 1]!;
      let c = biases[output + 2]!;
      let d = biases[output + 3]!;
      for (let input = 0; input < inputs; input += 1) {
        const value = x[from + input]!;
        a += value * weights[first + input]!;
        b += value * weights[second + input]!;
        c += value * weights[third + input]!;
        d += value * weights[fourth + input]!;
      }
      y[to + output] = a;
      y[to + output + 1] = b;
      y[to + output + 2] = c;
      y[to + output + 3] = d;
    }
    for (; output < outputs; output += 1) {
      let sum = biases[output]!;
      for (let input = 0; input < inputs; input += 1)
        sum += x[from + input]! * weights[output * inputs + input]!;
      y[to + output] = sum;
    }
  }
}

/**
 * Adds the gradients of weights and biases, given the loss's gradient `dy` in the outputs. Gradients of zero, which
 * ReLUs leave many of, cost nothing; the same goes for `denseBackward`.
 */
export function denseGradients(
  { inputs, outputs }: DenseShape,
  { weights, biases }: DenseValues,
  x: Vector,
  dy: Vector,
  rows: number,
): void {
  for (let row = 0; row < rows; row += 1) {
    const from = row * inputs;
    for (let output = 0; output < outputs; output += 1) {
      const gradient = dy[row * outputs + output]!;
      if (gradient === 0) continue;
      const to = output * inputs;
      biases[output] = biases[output]! + gradient;
      for (let input = 0; input < inputs; input += 1)
        weights[to + input] = weights[to + input]! + gradient * x[from + input]!;
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
  dx.fill(0, 0, rows * inputs);
  for (let row = 0; row < rows; row += 1) {
    const to = row * inputs;
    for (let output = 0; output < outputs; output += 1) {
      const gradient = dy[row * outputs + output]!;
      if (gradient === 0) continue;
      const from = output * inputs;
      for (let input = 0; input < inputs; input += 1)
        dx[to + input] = dx[to + input]! + gradient * weights[from + input]!;
    }
  }
}
