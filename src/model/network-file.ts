import { HEADS, type PolicyNetwork } from '../routing/learned/network.ts';
import { ScorerFault } from '../routing/scorer.ts';
import { readWeights } from './onnx-weights.ts';

/**
 * The parameters in an exported policy's .onnx file.
 * @throws ScorerFault when one is missing or of another shape
 */
export function readNetwork(onnx: Uint8Array): PolicyNetwork {
  const weights = readWeights(onnx);
  const [features = 0, hidden = 0] = weights.get('w1')?.dims ?? [];
  const part = (name: string, ...dims: number[]) => {
    const found = weights.get(name);
    if (found?.dims.join() !== dims.join())
      throw new ScorerFault(
        'network-unreadable',
        `${name}: expected [${dims.join(', ')}], the file has ${found ? `[${found.dims.join(', ')}]` : 'none'}`,
      );
    return found.values;
  };
  return {
    features,
    hidden,
    w1: part('w1', features, hidden),
    b1: part('b1', hidden),
    skip: part('skip', features, HEADS),
    w2: part('w2', hidden, HEADS),
    b2: part('b2', HEADS),
  };
}
