import type { Config } from '../config.ts';
import { ApiError } from './api-error.ts';

/**
 * Lets a request pass that may call.
 * @throws ApiError 401 without a key, or with one that is not known
 */
export async function authenticate(headers: Headers, access: Config['access']): Promise<void> {
  if (access.kind === 'open') return;
  const key = /^Bearer (\S{1,512})$/.exec(headers.get('authorization') ?? '')?.[1];
  if (key === undefined)
    throw unauthorized('authorization: missing, or not "Bearer <key>"', 'missing_api_key');
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key)));
  // Every known digest is compared, so that the time taken tells nothing about which one was close.
  let known = false;
  for (const candidate of access.digests) known = isEqual(digest, candidate) || known;
  if (!known) throw unauthorized('authorization: the key is not known', 'invalid_api_key');
}

/** Compares in a time that depends on the length alone. */
function isEqual(digest: Uint8Array, hex: string): boolean {
  let difference = 0;
  for (const [index, byte] of digest.entries())
    difference |= byte ^ Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16);
  return difference === 0;
}

function unauthorized(message: string, code: string): ApiError {
  return new ApiError(401, 'authentication_error', message, {
    param: 'authorization',
    code,
    headers: { 'www-authenticate': 'Bearer' },
  });
}
