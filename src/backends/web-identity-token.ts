import type { SigningKey } from './web-identity-keys.ts';

/**
 * The gateway as an issuer of OpenID Connect: it signs tokens about itself and publishes the key to check them with,
 * so that AWS gives it credentials of an hour and nobody holds a key of AWS.
 */

/** Whom the tokens are for: AWS's token service. */
export const tokenAudience = 'sts.amazonaws.com';

/** Whom the tokens speak of: the only thing that this issuer vouches for is itself. */
export const tokenSubject = 'gateway';

/** A token is exchanged at once. */
const lifetimeS = 300;

const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const;

/** What an issuer says about itself (OpenID Connect Discovery 1.0, section 3). */
export function discoveryDocument(issuer: string) {
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    claims_supported: ['aud', 'exp', 'iat', 'iss', 'jti', 'sub'],
  };
}

/** A signed token (RFC 7519, RS256) that says: this is the gateway of that issuer. */
export async function signToken(key: SigningKey, issuer: string, nowMs: number): Promise<string> {
  const issuedAt = Math.floor(nowMs / 1000);
  const claims = {
    iss: issuer,
    sub: tokenSubject,
    aud: tokenAudience,
    iat: issuedAt,
    exp: issuedAt + lifetimeS,
    jti: crypto.randomUUID(),
  };
  const signed = `${encode({ alg: 'RS256', typ: 'JWT', kid: key.kid })}.${encode(claims)}`;
  const imported = await crypto.subtle.importKey('jwk', key, algorithm, false, ['sign']);
  const signature = await crypto.subtle.sign(algorithm, imported, new TextEncoder().encode(signed));
  return `${signed}.${base64Url(new Uint8Array(signature))}`;
}

function encode(value: unknown): string {
  return base64Url(new TextEncoder().encode(JSON.stringify(value)));
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
