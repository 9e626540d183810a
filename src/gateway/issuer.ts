import { Hono } from 'hono';
import { issuerIn, otherKeysIn } from '../backends/aws-credentials.ts';
import { publicKeySet } from '../backends/web-identity-keys.ts';
import { discoveryDocument } from '../backends/web-identity-token.ts';
import type { Env } from '../config.ts';
import type { Clock } from '../platform/clock.ts';

/**
 * What AWS reads to check the tokens that the gateway signs. Public by nature; without a key there is no such route.
 * @param clock the wall clock: keys that are being exchanged are published up to a time
 */
export function issuerRoutes(clock: Clock): Hono<{ Bindings: Env }> {
  const routes = new Hono<{ Bindings: Env }>();
  routes.get('/openid-configuration', (call) => {
    const own = issuerIn(call.env);
    return own === undefined ? call.notFound() : call.json(discoveryDocument(own.issuer));
  });
  routes.get('/jwks.json', (call) => {
    const own = issuerIn(call.env);
    return own === undefined
      ? call.notFound()
      : call.json(publicKeySet(own.signingKey, otherKeysIn(call.env), clock()));
  });
  return routes;
}
