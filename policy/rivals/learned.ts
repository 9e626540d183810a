import { readFileSync } from 'node:fs';
import { readNetwork } from '../../src/model/network-file.ts';
import { features } from '../../src/routing/learned/features.ts';
import type { SyncScorer } from '../../src/routing/scorer.ts';
import { learnedPolicy } from '../../src/routing/scorers/learned.ts';

/**
 * The learned policy with the network of an exported file, evaluated by plain loops: what ONNX Runtime does to it is
 * the same to five digits, and asynchronous.
 * @throws Error when there is no such file or its network takes other features than are observed
 */
export function learnedFrom(file: string): SyncScorer {
  const network = readNetwork(readFileSync(file));
  if (network.features !== features.length)
    throw new Error(
      `${file}: the network takes ${network.features} features, observed are ${features.length}; ` +
        'run: npm run train -- --scorer learned',
    );
  return learnedPolicy(network);
}
