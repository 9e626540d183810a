import { forward } from '../routing/learned/network.ts';
import { readNetwork } from './network-file.ts';
import type { Inference } from './runtime.ts';

/** Runs the network by plain loops over typed arrays: nothing to load, nothing to wait for. */
export async function plainRuntime(onnx: Uint8Array): Promise<Inference> {
  const network = readNetwork(onnx);
  return (features, terms, rows) => forward(network, features, terms, rows);
}
