import { describe, expect, it } from 'vitest';
import { adamState, adamStep, clipLength } from '../../policy/nn/adam.ts';
import { denseForward } from '../../policy/nn/dense.ts';
import { huber, huberGradient } from '../../policy/nn/huber.ts';
import { initialParameters, Network, parameterCount } from '../../policy/nn/network.ts';
import { normal } from '../../policy/workloads/variates.ts';
import { seededRandom } from '../../src/platform/random.ts';

const doubles = (count: number, seed: number): Float64Array => {
  const random = seededRandom(seed);
  return Float64Array.from({ length: count }, () => normal(random));
};

/** The slope of `value` in each number of `point`, by central differences. */
function finiteDifferences(point: Float64Array, value: () => number, step = 1e-6): Float64Array {
  return point.map((_, index) => {
    const middle = point[index]!;
    point[index] = middle + step;
    const above = value();
    point[index] = middle - step;
    const below = value();
    point[index] = middle;
    return (above - below) / (2 * step);
  });
}

function expectClose(actual: Float64Array, expected: Float64Array): void {
  expect(actual.length).toBe(expected.length);
  for (const [index, value] of expected.entries())
    expect(Math.abs(actual[index]! - value)).toBeLessThan(1e-7 * (1 + Math.abs(value)));
}

describe('a dense layer', () => {
  it('multiplies and adds', () => {
    const y = new Float32Array(4);
    const weights = Float32Array.of(1, 3, 5, 2, 4, 6);
    const x = Float32Array.of(1, 0, -1, 0.5, 2, 1);
    denseForward({ inputs: 3, outputs: 2 }, { weights, biases: Float32Array.of(10, 20) }, x, y, 2);
    expect([...y]).toEqual([10 + 1 - 5, 20 + 2 - 6, 10 + 0.5 + 6 + 5, 20 + 1 + 8 + 6]);
  });
});

describe('a network', () => {
  const sizes = [5, 7, 6, 3];
  const rows = 4;

  it.each([1, 2, 3])('has the gradients that finite differences have (seed %i)', (seed) => {
    const network = new Network(sizes, doubles(parameterCount(sizes), seed));
    const inputs = doubles(rows * 5, seed + 10);
    const targets = doubles(rows * 3, seed + 20);
    const loss = () => {
      const outputs = network.forward(inputs, rows);
      return targets.reduce((sum, target, index) => sum + huber(outputs[index]! - target, 1), 0);
    };
    const outputs = network.forward(inputs, rows);
    const outputGradients = targets.map((target, index) => huberGradient(outputs[index]! - target, 1));
    const gradients = new Float64Array(network.parameters.length);
    network.backward(outputGradients, rows, gradients);
    expect(gradients.filter((gradient) => gradient !== 0).length).toBeGreaterThan(gradients.length / 3);
    expectClose(gradients, finiteDifferences(network.parameters as Float64Array, loss));
  });

  it('adds its gradients to those there are', () => {
    const network = new Network(sizes, doubles(parameterCount(sizes), 1));
    network.forward(doubles(rows * 5, 2), rows);
    const once = new Float64Array(network.parameters.length);
    network.backward(doubles(rows * 3, 3), rows, once);
    const twice = once.slice();
    network.backward(doubles(rows * 3, 3), rows, twice);
    expectClose(
      twice,
      once.map((gradient) => 2 * gradient),
    );
  });

  it('gives each row its own answer, in single precision as in double', () => {
    const parameters = initialParameters(sizes, seededRandom(1));
    const inputs = Float32Array.from(doubles(rows * 5, 5));
    const single = new Network(sizes, parameters);
    const all = single.forward(inputs, rows).slice();
    const double = new Network(sizes, Float64Array.from(parameters)).forward(inputs, rows);
    for (const [index, value] of all.entries()) expect(value).toBeCloseTo(double[index]!, 5);
    for (let row = 0; row < rows; row += 1)
      expect([...single.forward(inputs.subarray(row * 5), 1).subarray(0, 3)]).toEqual([
        ...all.subarray(row * 3, row * 3 + 3),
      ]);
  });

  it('begins with weights as wide as its inputs ask for, and biases of zero', () => {
    const parameters = initialParameters([200, 100, 1], seededRandom(1));
    const weights = parameters.subarray(0, 20_000);
    const variance = weights.reduce((sum, weight) => sum + weight ** 2, 0) / weights.length;
    expect(variance).toBeCloseTo(2 / 200, 3);
    expect(parameters.subarray(20_000, 20_100).every((bias) => bias === 0)).toBe(true);
  });

  it('refuses parameters of another network', () => {
    expect(() => new Network([2, 3], new Float32Array(8))).toThrow('expected 9 for 2-3, received 8');
  });
});

describe('the Huber loss', () => {
  it('has the derivative that finite differences have, on both sides of its corner', () => {
    for (const error of [-3, -1.5, -0.9, 0, 0.3, 1.2, 20]) {
      const point = Float64Array.of(error);
      expectClose(
        Float64Array.of(huberGradient(error, 1.3)),
        finiteDifferences(point, () => huber(point[0]!, 1.3)),
      );
    }
  });
});

describe('Adam', () => {
  it('makes a first step of the learning rate against each gradient, whatever its size', () => {
    const parameters = Float32Array.of(1, 1, 1);
    adamStep(adamState(3), parameters, Float32Array.of(1e-3, -5, 0), 0.1);
    for (const [index, expected] of [0.9, 1.1, 1].entries())
      expect(parameters[index]).toBeCloseTo(expected, 5);
  });

  it('follows the published recursion', () => {
    const state = adamState(1);
    const parameters = Float64Array.of(0);
    let [mean, square, at] = [0, 0, 0];
    for (const [index, gradient] of [0.5, -2, 3, 0.1].entries()) {
      mean = 0.9 * mean + 0.1 * gradient;
      square = 0.999 * square + 0.001 * gradient ** 2;
      at -=
        (0.01 * (mean / (1 - 0.9 ** (index + 1)))) / (Math.sqrt(square / (1 - 0.999 ** (index + 1))) + 1e-8);
      adamStep(state, parameters, Float64Array.of(gradient), 0.01);
      expect(parameters[0]).toBeCloseTo(at, 6);
    }
  });

  it('finds the lowest point of a crooked bowl', () => {
    const state = adamState(2);
    const parameters = Float32Array.of(5, -5);
    for (let step = 0; step < 3_000; step += 1)
      adamStep(
        state,
        parameters,
        Float32Array.of(2 * (parameters[0]! - 1), 200 * (parameters[1]! - 2)),
        0.02,
      );
    expect(parameters[0]).toBeCloseTo(1, 2);
    expect(parameters[1]).toBeCloseTo(2, 2);
  });

  it('is given gradients no longer than wanted', () => {
    const gradients = Float32Array.of(3, 4);
    expect(clipLength(gradients, 10)).toBe(5);
    expect([...gradients]).toEqual([3, 4]);
    clipLength(gradients, 1);
    expect(Math.hypot(...gradients)).toBeCloseTo(1, 6);
  });
});
