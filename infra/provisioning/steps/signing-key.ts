import { awsBindings } from '../../../src/backends/required-bindings.ts';
import type { Cloudflare } from '../cloudflare.ts';
import { generateSigningKey } from '../signing-key.ts';
import type { Step } from '../step.ts';

/** The key for the Worker's tokens. It is made here, goes to the Worker, and is nowhere else; it goes with it, too. */
export function signingKey(cloudflare: Cloudflare): Step {
  return {
    name: 'signing-key',
    what: 'the key for the Worker’s own tokens, as a secret of it',
    isDone: async () => (await cloudflare.secrets())?.includes(awsBindings.signingKey) ?? false,
    run: () => renewSigningKey(cloudflare),
  };
}

/** Gives the Worker a new key. AWS reads the published one whenever it does not know a token's. */
export async function renewSigningKey(cloudflare: Cloudflare): Promise<void> {
  await cloudflare.putSecrets({ [awsBindings.signingKey]: generateSigningKey() });
}
