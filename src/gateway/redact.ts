import { withoutKeys } from '../access/api-key.ts';
import { awsBindings, requiredBindings } from '../backends/required-bindings.ts';
import type { Env } from '../config.ts';
import type { Catalogue } from '../routing/catalogue.ts';

/** Shorter values are no secrets, and would be found in any text. */
const shortestSecret = 8;

/** Texts are read up to here: what is quoted and some secrets in it, in a tenth of a millisecond. */
const readChars = 8_192;

/** An endpoint's words are quoted up to here: enough for a log line, too little to carry a prompt back. */
const quotedChars = 500;

/** A caller's key has 59. */
const longestKey = 64;

/**
 * Takes the gateway's own secrets, and callers' keys, out of a text on its way to a log or a client, and shortens it
 * then: before, half of a secret could be left at its end. Endpoints quote what they were sent: AWS answers a wrong
 * signature with the whole request that it should have been made from.
 */
export function createRedactor(env: Env, { endpoints }: Catalogue): (text: string) => string {
  const names = new Set(endpoints.flatMap(({ backend }) => requiredBindings(backend, env)));
  const secrets = [...names, awsBindings.sessionToken]
    .flatMap((name) => {
      const value = env[name];
      return typeof value === 'string' && value.length >= shortestSecret ? [{ name, value }] : [];
    })
    // One that begins like another must not be taken for it.
    .toSorted((a, b) => b.value.length - a.value.length);
  const longest = Math.max(longestKey, secrets[0]?.value.length ?? 0);
  return (text) => {
    const clean = withoutKeys(
      secrets.reduce(
        (rest, { name, value }) => rest.replaceAll(value, `[${name}]`),
        withoutTokens(text.slice(0, readChars)),
      ),
    );
    // Where reading ended, the beginning of a secret may have stayed.
    const whole = text.length > readChars ? clean.slice(0, -longest) : clean;
    return whole.slice(0, quotedChars);
  };
}

/** Session tokens that AWS gave out by itself are nowhere among the bindings; it quotes them as a header. */
function withoutTokens(text: string): string {
  return text.replaceAll(/(x-amz-security-token:\s*)[^\s'"&]+/gi, '$1[session token]');
}
