import { createHash, generateKeyPairSync } from 'node:crypto';
import { parseSigningKey, type SigningKey } from '../../src/backends/web-identity-keys.ts';

/**
 * A new private key for the gateway's tokens, as a JSON Web Key whose `kid` is its thumbprint (RFC 7638). It is a
 * secret.
 */
export function generateSigningKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ format: 'jwk' });
  const { e, kty, n } = key;
  const kid = createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url');
  return parseSigningKey(JSON.stringify({ ...key, kid }))!;
}
