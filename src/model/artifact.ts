import { features, LIMIT } from '../routing/learned/features.ts';
import { OBSERVATION_VERSION } from '../routing/observation.ts';
import { ScorerFault } from '../routing/scorer.ts';
import { type Manifest, manifestSchema } from './manifest.ts';
import { readNetwork } from './network-file.ts';

/** A network as it comes: its file and what is said to be in it. Nothing of it is believed before `verify`. */
export interface Artifact {
  readonly onnx: Uint8Array;
  readonly manifest: unknown;
}

/**
 * The manifest of an artifact that may be used: its file is the one described, can be read, and was trained on what
 * this code observes.
 * @throws ScorerFault that says what differs
 */
export async function verify({ onnx, manifest: document }: Artifact): Promise<Manifest> {
  const manifest = parseManifest(document);
  const sha256 = await digestOf(onnx);
  if (sha256 !== manifest.network.sha256)
    throw new ScorerFault(
      'hash-mismatch',
      `the manifest describes ${manifest.network.sha256}, the file is ${sha256}`,
    );
  requireSameObservation(manifest);
  const network = readNetwork(onnx);
  if (network.features !== features.length || network.hidden !== manifest.network.hidden)
    throw new ScorerFault(
      'network-unreadable',
      `the manifest describes ${features.length} features and ${manifest.network.hidden} hidden units, ` +
        `the file has ${network.features} and ${network.hidden}`,
    );
  return manifest;
}

/** SHA-256 of bytes, in hex. */
export async function digestOf(content: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', content.slice());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function parseManifest(document: unknown): Manifest {
  const parsed = manifestSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new ScorerFault('manifest-invalid', issues.join('; '));
}

/** Units and meanings are for people; names, order, centres and scales decide what the network is given. */
function requireSameObservation(manifest: Manifest): void {
  const { observationVersion, features: trained, featureLimit } = manifest;
  if (observationVersion !== OBSERVATION_VERSION)
    throw new ScorerFault(
      'observation-version-mismatch',
      `trained on version ${observationVersion}, observed is version ${OBSERVATION_VERSION}`,
    );
  const was = [...trained.map(describe), `within ±${featureLimit}`];
  const is = [...features.map(describe), `within ±${LIMIT}`];
  const index = is.findIndex((column, index) => column !== was[index]);
  if (index >= 0)
    throw new ScorerFault(
      'features-mismatch',
      `feature ${index + 1}: trained on "${was[index]}", observed is "${is[index]}"`,
    );
}

function describe({ name, centre, scale }: Manifest['features'][number]): string {
  return `${name}, centre ${centre}, scale ${scale}`;
}
