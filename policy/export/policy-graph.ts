import { TERMS } from '../../src/routing/learned/features.ts';
import {
  HEADS,
  LARGEST_LOG_PRICE,
  LARGEST_LOG_WEIGHT,
  type PolicyNetwork,
} from '../../src/routing/learned/network.ts';
import type { Graph } from './onnx.ts';

/**
 * The policy as a graph, with all of its arithmetic: `features` [n, F] and `terms` [n, TERMS] in, `scores` [n] out. The
 * same as `forward`, row for row; n is free.
 */
export function policyGraph({ features, hidden, w1, b1, skip, w2, b2 }: PolicyNetwork): Graph {
  return {
    name: 'policy',
    inputs: [
      { name: 'features', dims: ['n', features] },
      { name: 'terms', dims: ['n', TERMS] },
    ],
    outputs: [{ name: 'scores', dims: ['n'] }],
    initializers: [
      { name: 'w1', dims: [features, hidden], values: w1 },
      { name: 'b1', dims: [hidden], values: b1 },
      { name: 'skip', dims: [features, HEADS], values: skip },
      { name: 'w2', dims: [hidden, HEADS], values: w2 },
      { name: 'b2', dims: [HEADS], values: b2 },
      { name: 'largest_log_price', dims: [1], values: Float32Array.of(LARGEST_LOG_PRICE) },
      { name: 'largest_log_weight', dims: [1], values: Float32Array.of(LARGEST_LOG_WEIGHT) },
      { name: 'columns', dims: [1], values: BigInt64Array.of(1n) },
    ],
    nodes: [
      { operator: 'Gemm', inputs: ['features', 'w1', 'b1'], outputs: ['sums'] },
      { operator: 'Tanh', inputs: ['sums'], outputs: ['h'] },
      { operator: 'Gemm', inputs: ['h', 'w2', 'b2'], outputs: ['learned'] },
      { operator: 'MatMul', inputs: ['features', 'skip'], outputs: ['skipped'] },
      { operator: 'Add', inputs: ['skipped', 'learned'], outputs: ['z'] },
      {
        operator: 'Split',
        inputs: ['z'],
        outputs: ['shift', 'log_price', 'log_weight'],
        attributes: { axis: 1 },
      },
      {
        operator: 'Split',
        inputs: ['terms'],
        outputs: ['stake', 'odds', 'cost', 'harm'],
        attributes: { axis: 1 },
      },
      { operator: 'Add', inputs: ['odds', 'shift'], outputs: ['shifted_odds'] },
      { operator: 'Sigmoid', inputs: ['shifted_odds'], outputs: ['on_time'] },
      { operator: 'Mul', inputs: ['stake', 'on_time'], outputs: ['worth'] },
      { operator: 'Min', inputs: ['log_price', 'largest_log_price'], outputs: ['bounded_log_price'] },
      { operator: 'Exp', inputs: ['bounded_log_price'], outputs: ['price'] },
      { operator: 'Mul', inputs: ['price', 'cost'], outputs: ['charge'] },
      { operator: 'Sub', inputs: ['worth', 'charge'], outputs: ['kept'] },
      { operator: 'Min', inputs: ['log_weight', 'largest_log_weight'], outputs: ['bounded_log_weight'] },
      { operator: 'Exp', inputs: ['bounded_log_weight'], outputs: ['weight'] },
      { operator: 'Mul', inputs: ['weight', 'harm'], outputs: ['damages'] },
      { operator: 'Sub', inputs: ['kept', 'damages'], outputs: ['column'] },
      { operator: 'Squeeze', inputs: ['column', 'columns'], outputs: ['scores'] },
    ],
  };
}
