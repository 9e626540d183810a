import learnedManifest from '../../policy/artifacts/learned.json' with { type: 'json' };
import learnedOnnx from '../../policy/artifacts/learned.onnx';
import type { Artifact } from './artifact.ts';

/** Artifacts that come with the Worker, by the name a scorer's configuration gives. */
export const bundledArtifacts: ReadonlyMap<string, Artifact> = new Map([
  ['learned', { onnx: new Uint8Array(learnedOnnx), manifest: learnedManifest }],
]);
