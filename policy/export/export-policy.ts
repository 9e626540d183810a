import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Manifest, manifestSchema, type Provenance } from '../../src/model/manifest.ts';
import { features, LIMIT } from '../../src/routing/learned/features.ts';
import type { PolicyNetwork } from '../../src/routing/learned/network.ts';
import { OBSERVATION_VERSION } from '../../src/routing/observation.ts';
import { writeModel } from './onnx.ts';
import { policyGraph } from './policy-graph.ts';

/**
 * Writes a trained policy for the Worker: `NAME.onnx`, and `NAME.json`, the manifest that the Worker holds it to.
 * @param folder exists; files of the name are replaced
 * @throws Error when the network has not the features that are observed, or the provenance is none
 */
export function exportPolicy(
  network: PolicyNetwork,
  provenance: Provenance,
  folder: string,
  name = 'learned',
): Manifest {
  if (network.features !== features.length)
    throw new Error(`the network takes ${network.features} features, observed are ${features.length}`);
  const onnx = writeModel(policyGraph(network), {
    observation_version: String(OBSERVATION_VERSION),
    training_commit: provenance.training.commit,
    training_seed: String(provenance.training.seed),
  });
  const manifest = manifestSchema.parse({
    format: 1,
    network: {
      sha256: createHash('sha256').update(onnx).digest('hex'),
      bytes: onnx.byteLength,
      hidden: network.hidden,
    },
    observationVersion: OBSERVATION_VERSION,
    features,
    featureLimit: LIMIT,
    ...provenance,
  });
  writeFileSync(join(folder, `${name}.onnx`), onnx);
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}
