import { createAdminToken, formatKey } from '../../src/access/api-key.ts';
import { formatSaltedHash, saltedHash } from '../../src/access/salted-hash.ts';
import { post } from './gateway.ts';

const token = createAdminToken();

/** What administers the gateways of this test file. */
export const adminToken = formatKey(token);

/** Variables of a Worker that wants keys. */
export const keysRequired: Readonly<Record<string, string>> = {
  ACCESS: 'keys',
  ADMIN_TOKEN_HASH: formatSaltedHash(await saltedHash(token.secret)),
};

/** A key as the administration answers it. */
export interface AdminKey {
  readonly key: string;
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly usage: Readonly<Record<string, number>>;
}

/** Asks the administration; bodies are sent as JSON. */
export function administer(url: string, path: string, body?: object): Promise<Response> {
  const authorization = `Bearer ${adminToken}`;
  if (body === undefined) return fetch(`${url}/admin/v1${path}`, { headers: { authorization } });
  return post(url, `/admin/v1${path}`, body, { authorization });
}

/** A new key of a running gateway. */
export async function newKey(url: string, fields: object = {}): Promise<AdminKey> {
  const response = await administer(url, '/keys', { name: 'test', ...fields });
  if (response.status !== 201) throw new Error(`no key: ${response.status} ${await response.text()}`);
  return (await response.json()) as AdminKey;
}

/** The header that shows a key. */
export function showing(key: string): { readonly authorization: string } {
  return { authorization: `Bearer ${key}` };
}
