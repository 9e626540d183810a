import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { repository } from '../desired-state/worker-settings.ts';

/** A file of the policy that is bundled with the Worker, and where it is kept. */
export interface PolicyArtifact {
  readonly path: string;
  /** By its contents: what was deployed once is found again under the same key, and never overwritten. */
  readonly key: string;
}

/** The network and its manifest, as `src/model/bundled.ts` takes them into the Worker. */
export function policyArtifacts(): readonly PolicyArtifact[] {
  return ['learned.onnx', 'learned.json'].map((name) => {
    const path = join(repository, 'policy/artifacts', name);
    const digest = createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16);
    return { path, key: `policies/${digest}/${basename(path)}` };
  });
}
