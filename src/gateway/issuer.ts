import { Hono } from 'hono';
import { issuerIn } from '../backends/aws-credentials.ts';
import { discoveryDocument, publicKeys } from '../backends/web-identity-token.ts';
import type { Env } from '../config.ts';

/** What AWS reads to check the tokens that the gateway signs. Public by nature; without a key there is no such route. */
export const issuerRoutes = new Hono<{ Bindings: Env }>();

issuerRoutes.get('/openid-configuration', (call) => {
  const own = issuerIn(call.env);
  return own === undefined ? call.notFound() : call.json(discoveryDocument(own.issuer));
});

issuerRoutes.get('/jwks.json', (call) => {
  const own = issuerIn(call.env);
  return own === undefined ? call.notFound() : call.json(publicKeys(own.signingKey));
});
