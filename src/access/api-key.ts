/**
 * A key in its parts. As text it is `sl_<id>_<secret>`: the id finds its record without a search, is no secret and
 * stays the same when the key is rotated; the secret is 256 random bits.
 */
export interface ApiKey {
  readonly id: string;
  readonly secret: string;
}

/** In the place of an id this makes the admin's token: no key has it, for ids are hex. */
const ADMIN = 'admin';

const pattern = /^sl_([0-9a-f]{12}|admin)_([A-Za-z0-9_-]{43})$/;
const anywhere = /sl_([0-9a-f]{12}|admin)_[A-Za-z0-9_-]{8,}/g;

/** A new key; for an id that exists, its next secret. */
export function createApiKey(id: string = randomId()): ApiKey {
  return { id, secret: randomSecret() };
}

export function createAdminToken(): ApiKey {
  return { id: ADMIN, secret: randomSecret() };
}

export function formatKey({ id, secret }: ApiKey): string {
  return `sl_${id}_${secret}`;
}

/** The parts of a caller's key; undefined for any other text, the admin's token included. */
export function parseApiKey(text: string): ApiKey | undefined {
  const key = parse(text);
  return key?.id === ADMIN ? undefined : key;
}

/** The parts of the admin's token; undefined for any other text, callers' keys included. */
export function parseAdminToken(text: string): ApiKey | undefined {
  const key = parse(text);
  return key?.id === ADMIN ? key : undefined;
}

/** The text without the secrets of the keys in it; their ids stay, to tell which key to rotate. */
export function withoutKeys(text: string): string {
  return text.replace(anywhere, 'sl_$1_[secret]');
}

function parse(text: string): ApiKey | undefined {
  const [, id, secret] = pattern.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function randomSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace('=', '');
}
