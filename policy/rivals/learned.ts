import { readFileSync } from 'node:fs';
import { readNetwork } from '../../src/model/network-file.ts';
import { features } from '../../src/routing/learned/features.ts';
import type { PolicyNetwork } from '../../src/routing/learned/network.ts';
import type { SyncScorer } from '../../src/routing/scorer.ts';
import { learnedPolicy } from '../../src/routing/scorers/learned.ts';

/**
 * The learned policy with the network of an exported file, evaluated by plain loops: what ONNX Runtime makes of it is
 * the same to five digits, and comes asynchronously.
 * @throws Error as `readNetworkFile`
 */
export function learnedFrom(file: string): SyncScorer {
  return learnedPolicy(readNetworkFile(file));
}

/** @throws Error when there is no such file, it is no exported policy, or it takes other features than are observed */
export function readNetworkFile(file: string): PolicyNetwork {
  const network = readNetwork(readFileSync(file));
  if (network.features !== features.length)
    throw new Error(
      `${file}: the network takes ${network.features} features, observed are ${features.length}; ` +
        'run: npm run train -- --scorer learned',
    );
  return network;
}
