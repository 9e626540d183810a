import type { Graph } from './onnx.ts';

/** A network with one output per action of one fleet, as deep Q-learning trains it: the baseline, not the policy. */
export interface QNetwork {
  /** At least one, in order; every layer but the last is followed by a rectifier. */
  readonly layers: readonly QLayer[];
}

interface QLayer {
  readonly inputs: number;
  readonly outputs: number;
  /** [inputs × outputs] row-major. */
  readonly weights: Float32Array;
  /** [outputs] */
  readonly bias: Float32Array;
}

/** The network as a graph: `observation` [1, S] in, `scores` [1, A] out. */
export function dqnGraph({ layers }: QNetwork): Graph {
  const last = layers.length - 1;
  const inputOf = (layer: number) => (layer === 0 ? 'observation' : `rectified_${layer - 1}`);
  return {
    name: 'dqn',
    inputs: [{ name: 'observation', dims: [1, layers[0]!.inputs] }],
    outputs: [{ name: 'scores', dims: [1, layers[last]!.outputs] }],
    initializers: layers.flatMap(({ inputs, outputs, weights, bias }, layer) => [
      { name: `weights_${layer}`, dims: [inputs, outputs], values: weights },
      { name: `bias_${layer}`, dims: [outputs], values: bias },
    ]),
    nodes: layers.flatMap((_, layer) => {
      const inputs = [inputOf(layer), `weights_${layer}`, `bias_${layer}`];
      if (layer === last) return [{ operator: 'Gemm', inputs, outputs: ['scores'] }];
      return [
        { operator: 'Gemm', inputs, outputs: [`sums_${layer}`] },
        { operator: 'Relu', inputs: [`sums_${layer}`], outputs: [`rectified_${layer}`] },
      ];
    }),
  };
}
