import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env as bindings } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { accessObject } from '../../src/access/access-client.ts';
import { createApiKey, formatKey } from '../../src/access/api-key.ts';
import { saltedHash } from '../../src/access/salted-hash.ts';
import type { Env } from '../../src/config.ts';
import { app } from '../../src/gateway/app.ts';

const env = bindings as unknown as Env;
const key = createApiKey();
const secrets = [{ ...(await saltedHash(key.secret)), generation: 1 }];
await accessObject(env.KEYS).create({
  id: key.id,
  name: 'hasty',
  policy: { limits: {} },
  createdAtMs: 0,
  secrets,
});

/** Status of an answer, how often the binding was asked and whether any of the body was read. */
async function posted(path: string, success: boolean) {
  const asked: string[] = [];
  const limit = async (about: { key: string }) => {
    asked.push(about.key);
    return { success };
  };
  let isRead = false;
  const body = new ReadableStream(
    {
      pull(controller) {
        isRead = true;
        controller.enqueue(new TextEncoder().encode('{'));
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const headers = { authorization: `Bearer ${formatKey(key)}` };
  const request = new Request(`http://127.0.0.1${path}`, { method: 'POST', headers, body });
  const context = createExecutionContext();
  const { status } = await app.fetch(request, { ...env, ACCESS: 'keys', RATE_LIMIT: { limit } }, context);
  await waitOnExecutionContext(context);
  return { status, asked, isRead };
}

it.each(['/v1/chat/completions', '/v1/route'])(
  'a key that asks too often is held back from %s before its body is read',
  async (path) => {
    expect(await posted(path, false)).toEqual({ status: 429, asked: [key.id], isRead: false });
    expect(await posted(path, true)).toEqual({ status: 400, asked: [key.id], isRead: true });
  },
);
