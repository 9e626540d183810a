import { describeIssues, show } from '../platform/describe.ts';
import { type SharedLimits, sharedLimitsSchema } from './policy.ts';
import { parseSaltedHash, type SaltedHash } from './salted-hash.ts';

/** Who may call. */
export interface AccessConfig {
  /** `open`: whoever is on this machine, without a key. */
  readonly kind: 'open' | 'keys';
  /** Absent: keys cannot be managed. */
  readonly adminTokenHash?: SaltedHash | undefined;
  readonly sharedLimits: SharedLimits;
  /** Origins whose pages may call. */
  readonly origins: ReadonlySet<string>;
}

interface AccessVariables {
  readonly ACCESS?: unknown;
  readonly ADMIN_TOKEN_HASH?: unknown;
  readonly SHARED_LIMITS?: unknown;
  readonly CORS_ORIGINS?: unknown;
}

/** @param faults takes what is wrong with the variables */
export function parseAccess(env: AccessVariables, faults: string[]): AccessConfig {
  if (env.ACCESS !== undefined && env.ACCESS !== 'keys' && env.ACCESS !== 'open')
    faults.push(`ACCESS: must be "open" or "keys", received ${show(env.ACCESS)}`);
  return {
    kind: env.ACCESS === 'open' ? 'open' : 'keys',
    adminTokenHash: parseAdminTokenHash(env.ADMIN_TOKEN_HASH, faults),
    sharedLimits: parseSharedLimits(env.SHARED_LIMITS, faults),
    origins: parseOrigins(env.CORS_ORIGINS, faults),
  };
}

/**
 * The hash of the admin's token; undefined where there is none.
 * @param faults takes what is wrong with it. The value may be the token itself, set by mistake: it is not repeated.
 */
export function parseAdminTokenHash(value: unknown, faults: string[]): SaltedHash | undefined {
  if (value === undefined || value === '') return undefined;
  const hash = typeof value === 'string' ? parseSaltedHash(value.trim()) : undefined;
  if (hash === undefined)
    faults.push('ADMIN_TOKEN_HASH: must be "<salt>:<hash>" as `npm run keys -- admin-token` prints it');
  return hash;
}

function parseSharedLimits(value: unknown, faults: string[]): SharedLimits {
  if (value === undefined || value === '') return {};
  const parsed = sharedLimitsSchema.safeParse(parseJson(value), { reportInput: true });
  if (parsed.success) return parsed.data;
  faults.push(...describeIssues('SHARED_LIMITS', parsed.error));
  return {};
}

/** JSON that arrives as text, as it does from a command line, or already parsed; text that is none stays text. */
function parseJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function parseOrigins(value: unknown, faults: string[]): ReadonlySet<string> {
  if (value === undefined || value === '') return new Set();
  const given = typeof value === 'string' ? value.split(',').map((text) => text.trim()) : [value];
  for (const text of given)
    if (!isOrigin(text))
      faults.push(
        `CORS_ORIGINS: must be origins such as "https://app.example.com", separated by commas, received ${show(text)}`,
      );
  return new Set(given.filter(isOrigin));
}

function isOrigin(value: unknown): value is string {
  return typeof value === 'string' && /^https?:/.test(value) && URL.parse(value)?.origin === value;
}
