import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  createAdminToken,
  createApiKey,
  formatKey,
  parseAdminToken,
  parseApiKey,
  withoutKeys,
} from '../../src/access/api-key.ts';
import { formatSaltedHash, isSecret, parseSaltedHash, saltedHash } from '../../src/access/salted-hash.ts';

describe('a key', () => {
  it('is read as it was written, and is never the same twice', () => {
    const keys = Array.from({ length: 200 }, () => createApiKey());
    for (const key of keys) expect(parseApiKey(formatKey(key))).toEqual(key);
    expect(new Set(keys.map(({ secret }) => secret)).size).toBe(200);
    expect(new Set(keys.map(({ id }) => id)).size).toBe(200);
  });

  it('has 256 bits of secret', () => {
    const { secret } = createApiKey();
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
  });

  it('is no admin’s token, nor the reverse', () => {
    const [key, token] = [formatKey(createApiKey()), formatKey(createAdminToken())];
    expect(parseAdminToken(key)).toBeUndefined();
    expect(parseApiKey(token)).toBeUndefined();
    expect(parseAdminToken(token)).toBeDefined();
  });

  it.each([
    '',
    'sk-other',
    'sl_0123456789ab',
    `SL_0123456789ab_${'a'.repeat(43)}`,
    `sl_0123456789ab_${'a'.repeat(44)}`,
  ])('is not: %j', (text) => {
    expect(parseApiKey(text)).toBeUndefined();
  });

  it('is taken out of any text, but for its id', () => {
    const key = createApiKey();
    const text = `no such model; received "${formatKey(key)}", again ${formatKey(key)}.`;
    expect(withoutKeys(text)).toBe(
      `no such model; received "sl_${key.id}_[secret]", again sl_${key.id}_[secret].`,
    );
    expect(withoutKeys(formatKey(createAdminToken()))).toBe('sl_admin_[secret]');
  });
});

describe('a salted hash', () => {
  it('is SHA-256 over salt and secret', async () => {
    const { salt, hash } = await saltedHash('secret');
    expect(hash).toBe(createHash('sha256').update(`${salt}secret`).digest('hex'));
  });

  it('differs for the same secret every time, and knows it every time', async () => {
    const [one, other] = [await saltedHash('secret'), await saltedHash('secret')];
    expect(one.hash).not.toBe(other.hash);
    for (const each of [one, other]) {
      expect(await isSecret('secret', each)).toBe(true);
      expect(await isSecret('secreT', each)).toBe(false);
      expect(await isSecret('', each)).toBe(false);
    }
  });

  it('is read as it was written, and nothing else is', async () => {
    const hash = await saltedHash('secret');
    expect(parseSaltedHash(formatSaltedHash(hash))).toEqual(hash);
    for (const text of ['', 'abc', hash.hash, `${hash.salt}:`, `${hash.hash}:${hash.salt}`])
      expect(parseSaltedHash(text)).toBeUndefined();
  });
});
