import { AccessClient, accessObject, type Identity } from '../access/access-client.ts';
import { parseApiKey } from '../access/api-key.ts';
import { outputBound } from '../access/policy.ts';
import { type Env, readConfig } from '../config.ts';
import { wallClock } from '../platform/clock.ts';
import { ApiError } from './api-error.ts';
import { gatewayFor } from './gateway.ts';

/** Who calls, and the way to what it may take. */
export interface Caller {
  readonly identity: Identity;
  readonly access: AccessClient;
  /** Most output tokens of one answer; undefined: none. */
  readonly outputBound: number | undefined;
}

/**
 * Who calls; undefined in open mode, where nobody is asked.
 * @throws ApiError 401 without a key, or with one that is not known; 503 when no key exists, or none can be looked up
 */
export async function authenticate(headers: Headers, env: Env): Promise<Caller | undefined> {
  const { kind, sharedLimits } = readConfig(env).access;
  if (kind === 'open') return undefined;
  const access = new AccessClient(accessObject(env.KEYS), gatewayFor(env).accessEdge, wallClock);
  const identity = await reachable(identify(access, bearer(headers)));
  return { identity, access, outputBound: outputBound(identity.policy, sharedLimits) };
}

/** The token of an authorization header. A header that is longer than any token of ours is none. */
export function bearer(headers: Headers): string | undefined {
  return /^Bearer (\S{1,256})$/i.exec(headers.get('authorization') ?? '')?.[1];
}

/** What the keys answer. Without them nobody is let in. */
export async function reachable<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError) throw error;
    console.error(`access: the keys cannot be reached: ${String(error)}`);
    throw new ApiError(503, 'api_error', 'the key cannot be checked at the moment', {
      code: 'access_unavailable',
      headers: { 'retry-after': '1' },
    });
  }
}

export function unauthorized(message: string, code: string): ApiError {
  return new ApiError(401, 'authentication_error', `authorization: ${message}`, {
    param: 'authorization',
    code,
    headers: { 'www-authenticate': 'Bearer' },
  });
}

async function identify(access: AccessClient, token: string | undefined): Promise<Identity> {
  if (!(await access.hasKeys())) throw noKeys();
  if (token === undefined) throw unauthorized('missing, or not "Bearer <key>"', 'missing_api_key');
  const key = parseApiKey(token);
  const identity = key && (await access.identify(key));
  if (identity === undefined) throw unknownKey();
  return identity;
}

export function unknownKey(): ApiError {
  return unauthorized('the key is not known', 'invalid_api_key');
}

function noKeys(): ApiError {
  return new ApiError(
    503,
    'configuration_error',
    'this gateway has no API key, and serves nobody without one',
    {
      code: 'no_api_keys',
    },
  );
}
