import type { Cloudflare } from '../cloudflare.ts';
import { policyArtifacts } from '../policy-artifacts.ts';
import type { Step } from '../step.ts';

/** The policy that the Worker decides with, kept so that a decision of last month can be played again. */
export function artifacts(bucket: string, cloudflare: Cloudflare): Step {
  const missing = async () => {
    const found = await Promise.all(
      policyArtifacts().map(async (artifact) =>
        (await cloudflare.hasObject(bucket, artifact.key)) ? [] : [artifact],
      ),
    );
    return found.flat();
  };
  return {
    name: 'policy',
    what: `the policy’s network and manifest in R2 bucket ${bucket}`,
    isDone: async () => (await missing()).length === 0,
    run: async () => {
      for (const { key, path } of await missing()) await cloudflare.putObject(bucket, key, path);
    },
    undo: async () => {
      for (const { key } of policyArtifacts())
        if (await cloudflare.hasObject(bucket, key)) await cloudflare.deleteObject(bucket, key);
      return undefined;
    },
  };
}
