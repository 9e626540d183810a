import { z } from 'zod';
import { CommandError } from '../../../policy/command-line/command-error.ts';
import { awsBindings } from '../../../src/backends/required-bindings.ts';
import type { Cloudflare } from '../cloudflare.ts';
import type { Context } from '../context.ts';
import { everywhereMs } from '../propagation.ts';
import { generateSigningKey } from '../signing-key.ts';
import type { Step } from '../step.ts';

/** How long whoever checks tokens may keep the keys it has read. AWS does not say how long it does. */
const keptMs = 4 * 60_000;

/** How long before its first use a key is published: nobody then meets a token whose key it does not know. */
const publishedAheadMs = everywhereMs + keptMs;

/** How long after its last use a key is published: tokens live five minutes, and a place may be late with its version. */
const publishedAfterMs = 60 * 60_000;

const publishedSchema = z.object({
  keys: z.array(
    z.object({ kty: z.string(), kid: z.string(), n: z.string(), e: z.string(), exp: z.int().optional() }),
  ),
});
type PublishedKey = z.output<typeof publishedSchema>['keys'][number];

/** The key for the Worker's tokens. It is made here, goes to the Worker, and is nowhere else; it goes with it, too. */
export function signingKey(cloudflare: Cloudflare): Step {
  return {
    name: 'signing-key',
    what: 'the key for the Worker’s own tokens, as a secret of it',
    isDone: async () => (await cloudflare.secrets())?.includes(awsBindings.signingKey) ?? false,
    run: () => replaceSigningKey(cloudflare),
  };
}

/** Gives the Worker a new key and publishes no other: until that is known everywhere, some tokens are refused. */
export async function replaceSigningKey(cloudflare: Cloudflare): Promise<void> {
  await cloudflare.putSecrets({
    [awsBindings.signingKey]: JSON.stringify(generateSigningKey()),
    [awsBindings.otherKeys]: JSON.stringify({ keys: [] }),
  });
}

/**
 * Gives the Worker a new key without a token being refused meanwhile: the new one is published before it signs, the old
 * one after it has signed, until its `exp` (OpenID Connect Core 1.0, section 10.1.1). A run that is cut short leaves
 * the old key in use, or the new one.
 * @throws CommandError when the Worker does not publish what it is given; it then keeps the key it had
 */
export async function renewSigningKey(context: Context, cloudflare: Cloudflare): Promise<void> {
  const { clock, pause, say } = context;
  const next = generateSigningKey();
  const end = Math.ceil((clock() + publishedAheadMs + publishedAfterMs) / 1000);
  const published = [...(await publishedKeys(context)), publicHalf(next)];
  const otherKeys = JSON.stringify({ keys: published.map((key) => ({ exp: end, ...key })) });
  await cloudflare.putSecrets({ [awsBindings.otherKeys]: otherKeys });
  say(`The new key is published; in ${publishedAheadMs / 60_000} minutes it signs.`);
  await pause(publishedAheadMs);
  if (!(await publishedKeys(context)).some(({ kid }) => kid === next.kid))
    throw new CommandError('The Worker does not publish the new key, and keeps the old. Deploy it first.');
  await cloudflare.putSecrets({
    [awsBindings.signingKey]: JSON.stringify(next),
    [awsBindings.otherKeys]: otherKeys,
  });
  say(`It signs now. The old one is published until ${new Date(end * 1000).toISOString()}.`);
}

/** The keys that tokens are checked with now. */
async function publishedKeys({ environment, fetch }: Context): Promise<readonly PublishedKey[]> {
  const url = `https://${environment.worker.domain}/.well-known/jwks.json`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return publishedSchema.parse(await response.json()).keys;
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(
      `${url} does not say which keys are in use (${words}). With --at-once none of them is kept.`,
      { cause },
    );
  }
}

function publicHalf({ kty, kid, n, e }: PublishedKey): PublishedKey {
  return { kty, kid, n, e };
}
