import type { Vector } from './vector.ts';

/** max(x, 0), in place, of the first `count` values. */
export function reluForward(values: Vector, count: number): void {
  for (let index = 0; index < count; index += 1) if (values[index]! < 0) values[index] = 0;
}

/** Stops the gradients, in place, where the ReLU's output was zero. */
export function reluBackward(outputs: Vector, gradients: Vector, count: number): void {
  for (let index = 0; index < count; index += 1) if (outputs[index] === 0) gradients[index] = 0;
}
