import type { Network } from '../nn/network.ts';
import type { Graph, Initializer, Node } from './onnx.ts';

/**
 * A network with one output per action of one fleet, as deep Q-learning trains it: the baseline, not the policy.
 * `observation` [1, S] in, `scores` [1, A] out.
 */
export function dqnGraph({ sizes, parameters }: Pick<Network, 'sizes' | 'parameters'>): Graph {
  const last = sizes.length - 2;
  const initializers: Initializer[] = [];
  const nodes: Node[] = [];
  let at = 0;
  const next = (name: string, ...dims: readonly number[]) => {
    const size = dims.reduce((product, dimension) => product * dimension, 1);
    initializers.push({ name, dims, values: parameters.subarray(at, at + size) });
    at += size;
    return name;
  };
  for (let layer = 0; layer <= last; layer += 1) {
    const inputs = [
      layer === 0 ? 'observation' : `rectified_${layer - 1}`,
      next(`weights_${layer}`, sizes[layer + 1]!, sizes[layer]!),
      next(`biases_${layer}`, sizes[layer + 1]!),
    ];
    const output = layer === last ? 'scores' : `sums_${layer}`;
    nodes.push({ operator: 'Gemm', inputs, outputs: [output], attributes: { transB: 1 } });
    if (layer < last) nodes.push({ operator: 'Relu', inputs: [output], outputs: [`rectified_${layer}`] });
  }
  return {
    name: 'dqn',
    inputs: [{ name: 'observation', dims: [1, sizes[0]!] }],
    outputs: [{ name: 'scores', dims: [1, sizes.at(-1)!] }],
    initializers,
    nodes,
  };
}
