import { withoutKeys } from '../access/api-key.ts';
import { awsBindings, requiredBindings } from '../backends/required-bindings.ts';
import type { Env } from '../config.ts';
import type { Catalogue } from '../routing/catalogue.ts';

/** Shorter values are no secrets, and would be found in any text. */
const shortestSecret = 8;

/**
 * Takes the gateway's own secrets, and callers' keys, out of a text on its way to a log or a client. Endpoints quote
 * what they were sent: AWS answers a wrong signature with the whole request that it should have been made from.
 */
export function createRedactor(env: Env, { endpoints }: Catalogue): (text: string) => string {
  const names = new Set(endpoints.flatMap(({ backend }) => requiredBindings(backend, env)));
  const secrets = [...names, awsBindings.sessionToken].flatMap((name) => {
    const value = env[name];
    return typeof value === 'string' && value.length >= shortestSecret ? [{ name, value }] : [];
  });
  return (text) =>
    withoutKeys(
      secrets.reduce((rest, { name, value }) => rest.replaceAll(value, `[${name}]`), withoutTokens(text)),
    );
}

/** Session tokens that AWS gave out by itself are nowhere among the bindings; it quotes them as a header. */
function withoutTokens(text: string): string {
  return text.replaceAll(/(x-amz-security-token:\s*)[^\s'"&]+/gi, '$1[session token]');
}
