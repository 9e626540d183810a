import { Hono } from 'hono';
import { z } from 'zod';
import { type AccessRpc, accessObject } from '../access/access-client.ts';
import { type KeyStatus, MOST_KEYS } from '../access/admissions.ts';
import { createApiKey, formatKey, parseAdminToken } from '../access/api-key.ts';
import { policySchema } from '../access/policy.ts';
import { isSecret, nobodysHash, saltedHash } from '../access/salted-hash.ts';
import { type Env, readConfig } from '../config.ts';
import { show } from '../platform/describe.ts';
import type { Catalogue } from '../routing/catalogue.ts';
import { ApiError, invalid } from './api-error.ts';
import { bearer, reachable, unauthorized } from './authenticate.ts';
import { checkFields } from './check-fields.ts';
import { gatewayFor } from './gateway.ts';
import { readJson } from './read-body.ts';

const seconds = z
  .int()
  .positive()
  .max(10 * 365 * 86_400);

const creation = z.strictObject({
  name: z.string().min(1).max(100),
  expiresInSeconds: seconds.optional(),
  ...policySchema.unwrap().shape,
});

const rotation = z.strictObject({
  /** How long the last secret may still be used; 0: no longer. */
  graceSeconds: z
    .int()
    .min(0)
    .max(30 * 86_400)
    .default(0),
});

/** The administration of keys: a credential of its own, closed to keys, to pages, and without that credential. */
export const admin = new Hono<{ Bindings: Env }>();

admin.use(async ({ req, env }, next) => {
  await requireAdmin(req.raw, env);
  await next();
  // The isolate that was told knows at once; others do within a second.
  gatewayFor(env).accessEdge.forget();
});

admin.get('/keys', async ({ env, json }) => {
  const keys = await reachable(accessOf(env).list());
  return json({ object: 'list', data: keys.map(describe) });
});

admin.post('/keys', async (call) => {
  const { name, expiresInSeconds, ...policy } = checkFields(creation, await readJson(call.req.raw));
  requireVariants(policy.variants, readConfig(call.env).catalogue);
  const key = createApiKey();
  const nowMs = Date.now();
  const secret = { ...(await saltedHash(key.secret)), generation: 1 };
  const expiresAtMs = expiresInSeconds && nowMs + expiresInSeconds * 1000;
  const record = { id: key.id, name, policy, createdAtMs: nowMs, expiresAtMs, secrets: [secret] };
  const status = await reachable(accessOf(call.env).create(record));
  if (status === undefined) throw noPlace();
  return call.json({ key: formatKey(key), ...describe(status) }, 201);
});

admin.post('/keys/:id/revoke', async ({ env, req, json }) => {
  const status = await reachable(accessOf(env).revoke(req.param('id')));
  if (status === undefined) throw noSuchKey(req.param('id'));
  return json(describe(status));
});

admin.post('/keys/:id/rotate', async ({ env, req, json }) => {
  const { graceSeconds } = checkFields(rotation, await readJson(req.raw));
  const key = createApiKey(req.param('id'));
  const status = await reachable(
    accessOf(env).rotate(key.id, await saltedHash(key.secret), graceSeconds * 1000),
  );
  if (status === undefined) throw noSuchKey(key.id);
  return json({ key: formatKey(key), ...describe(status) });
});

function accessOf({ KEYS }: Env): AccessRpc {
  return accessObject(KEYS);
}

/**
 * Lets the holder of the admin's token pass. Without a configured one there is no such route at all.
 * @throws ApiError 401 without the token, 403 for a page, 404 when none is configured
 */
async function requireAdmin(request: Request, env: Env): Promise<void> {
  const { adminTokenHash } = readConfig(env).access;
  const token = parseAdminToken(bearer(request.headers) ?? '');
  const isAdmin = await isSecret(token?.secret ?? '', adminTokenHash ?? nobodysHash);
  if (adminTokenHash === undefined)
    throw new ApiError(404, 'invalid_request_error', 'this gateway has no administration of keys', {
      code: 'unknown_route',
    });
  if (token === undefined || !isAdmin) throw unauthorized("not the admin's token", 'invalid_admin_token');
  if (request.headers.has('origin'))
    throw new ApiError(403, 'permission_error', 'origin: pages may not administer keys', {
      param: 'origin',
      code: 'origin_not_allowed',
    });
}

/** @throws ApiError 400 for a variant that is not in the catalogue */
function requireVariants(named: readonly string[] | undefined, { variants }: Catalogue): void {
  const known = variants.map(({ id }) => id);
  const unknown = named?.find((id) => !known.includes(id));
  if (unknown === undefined) return;
  throw invalid('variants', `no such variant; known: ${known.join(', ')}; received ${show(unknown)}`);
}

function noPlace(): ApiError {
  const message = `${MOST_KEYS} keys are in use, as many as there may be; revoke one first`;
  return new ApiError(409, 'invalid_request_error', message, { code: 'too_many_keys' });
}

function noSuchKey(id: string): ApiError {
  const message = `no key that is in use has the id ${show(id)}`;
  return new ApiError(404, 'invalid_request_error', message, { code: 'no_such_key' });
}

/** A key as the administration shows it: times as text, never a secret or its hash. */
function describe({ createdAtMs, expiresAtMs, revokedAtMs, ...rest }: KeyStatus): object {
  const time = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
  return {
    ...rest,
    createdAt: time(createdAtMs),
    expiresAt: time(expiresAtMs),
    revokedAt: time(revokedAtMs),
  };
}
