import { z } from 'zod';
import { ScorerFault } from '../routing/scorer.ts';
import type { Artifact } from './artifact.ts';

/** A network and its manifest as one document, so that nobody ever meets one without the other. */
const packedSchema = z.strictObject({ manifest: z.unknown(), onnx: z.base64() });

/** Where an artifact is published in a bucket. */
export function publishedKey(name: string): string {
  return `policies/${name}.json`;
}

/** An artifact as it is published. Nothing of it is checked here. */
export function packArtifact({ onnx, manifest }: Artifact): string {
  const binary = Array.from(onnx, (byte) => String.fromCharCode(byte)).join('');
  return JSON.stringify({ manifest, onnx: btoa(binary) } satisfies z.input<typeof packedSchema>);
}

/** @throws ScorerFault for what is no packed artifact; what is in one is not checked here */
export function unpackArtifact(text: string): Artifact {
  try {
    const { manifest, onnx } = packedSchema.parse(JSON.parse(text));
    return { manifest, onnx: Uint8Array.from(atob(onnx), (character) => character.charCodeAt(0)) };
  } catch (error) {
    throw new ScorerFault('manifest-invalid', 'the published object is no artifact', { cause: error });
  }
}
