import type { Random } from '../../src/platform/random.ts';
import { normal } from '../workloads/variates.ts';
import {
  type DenseShape,
  type DenseValues,
  denseBackward,
  denseForward,
  denseGradients,
  denseSize,
} from './dense.ts';
import { reluBackward, reluForward } from './relu.ts';
import type { Vector } from './vector.ts';

/** Inputs, the hidden layers' widths, outputs. */
export type NetworkSizes = readonly number[];

/** Numbers a network of these sizes has to learn. */
export function parameterCount(sizes: NetworkSizes): number {
  return shapesOf(sizes).reduce((sum, shape) => sum + denseSize(shape), 0);
}

/** He's initial weights (2015): normal with variance 2 / inputs, biases zero. */
export function initialParameters(sizes: NetworkSizes, random: Random): Float32Array {
  const parameters = new Float32Array(parameterCount(sizes));
  let at = 0;
  for (const shape of shapesOf(sizes)) {
    const deviation = Math.sqrt(2 / shape.inputs);
    for (let weight = 0; weight < shape.inputs * shape.outputs; weight += 1)
      parameters[at + weight] = deviation * normal(random);
    at += denseSize(shape);
  }
  return parameters;
}

/**
 * Dense layers with ReLUs between them. All numbers to learn lie in one vector, layer after layer, weights before
 * biases, which optimizers, target networks and checkpoints take as it is; whoever changes it changes the network.
 */
export class Network<Numbers extends Vector = Float32Array> {
  readonly sizes: NetworkSizes;
  readonly parameters: Numbers;
  readonly #shapes: readonly DenseShape[];
  readonly #layers: readonly DenseValues[];
  /** Per layer what goes in, and the last one's output; each has room for `#room` rows. */
  #values: readonly Vector[] = [];
  #gradients: readonly Vector[] = [];
  #room = 0;

  /** @throws RangeError when the sizes ask for another number of parameters */
  constructor(sizes: NetworkSizes, parameters: Numbers) {
    if (parameters.length !== parameterCount(sizes))
      throw new RangeError(
        `parameters: expected ${parameterCount(sizes)} for ${sizes.join('-')}, received ${parameters.length}`,
      );
    this.sizes = sizes;
    this.parameters = parameters;
    this.#shapes = shapesOf(sizes);
    this.#layers = layersIn(parameters, this.#shapes);
  }

  /**
   * @param inputs rows × inputs
   * @returns rows × outputs, in a buffer that the next call fills anew
   */
  forward(inputs: Vector, rows: number): Vector {
    this.#makeRoom(rows);
    const values = this.#values;
    values[0]!.set(inputs.subarray(0, rows * this.sizes[0]!));
    for (const [index, shape] of this.#shapes.entries()) {
      const output = values[index + 1]!;
      denseForward(shape, this.#layers[index]!, values[index]!, output, rows);
      if (index < this.#shapes.length - 1) reluForward(output, rows * shape.outputs);
    }
    return values.at(-1)!;
  }

  /**
   * Backpropagates through the last `forward`.
   * @param outputGradients the loss's gradient in its outputs, rows × outputs
   * @param into the loss's gradient in the parameters is added here
   */
  backward(outputGradients: Vector, rows: number, into: Vector): void {
    const layers = layersIn(into, this.#shapes);
    const gradients = this.#gradients;
    gradients.at(-1)!.set(outputGradients.subarray(0, rows * this.sizes.at(-1)!));
    for (let index = this.#shapes.length - 1; index >= 0; index -= 1) {
      const shape = this.#shapes[index]!;
      const input = this.#values[index]!;
      denseGradients(shape, layers[index]!, input, gradients[index + 1]!, rows);
      if (index === 0) break;
      denseBackward(shape, this.#layers[index]!.weights, gradients[index + 1]!, gradients[index]!, rows);
      reluBackward(input, gradients[index]!, rows * shape.inputs);
    }
  }

  #makeRoom(rows: number): void {
    if (rows <= this.#room) return;
    const buffers = () =>
      this.sizes.map((size) =>
        this.parameters instanceof Float32Array
          ? new Float32Array(rows * size)
          : new Float64Array(rows * size),
      );
    this.#values = buffers();
    this.#gradients = buffers();
    this.#room = rows;
  }
}

function shapesOf(sizes: NetworkSizes): DenseShape[] {
  return sizes.slice(1).map((outputs, index) => ({ inputs: sizes[index]!, outputs }));
}

/** Views of a parameter vector, layer by layer. */
function layersIn(vector: Vector, shapes: readonly DenseShape[]): DenseValues[] {
  let at = 0;
  return shapes.map((shape) => {
    const biasesAt = at + shape.inputs * shape.outputs;
    const weights = vector.subarray(at, biasesAt);
    at += denseSize(shape);
    return { weights, biases: vector.subarray(biasesAt, at) };
  });
}
