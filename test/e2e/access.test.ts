import { createHash } from 'node:crypto';
import OpenAI from 'openai';
import { afterAll, expect, test } from 'vitest';
import { everyBackend } from '../support/every-backend.ts';
import { errorIn, lastAt, post, startGateway } from '../support/gateway.ts';

const keys = ['sk-first-key', 'sk-second-key'];
const gateway = await startGateway({
  ...everyBackend,
  variables: {
    ...everyBackend.variables,
    ACCESS: 'keys',
    API_KEY_DIGESTS: keys.map((key) => createHash('sha256').update(key).digest('hex')).join(', '),
  },
});
afterAll(gateway.stop);

const chat = '/v1/chat/completions';
const good = {
  model: 'openai',
  messages: [{ role: 'user' as const, content: 'Answer in exactly 2 tokens.' }],
};

test.each(keys)('who has a key may call: %s', async (apiKey) => {
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, maxRetries: 0 });
  expect((await client.chat.completions.create(good)).choices).toHaveLength(1);
  expect((await client.models.list()).data).not.toEqual([]);
  expect(JSON.stringify(lastAt(gateway, 'openai'))).not.toContain(apiKey);
});

test('who has none is told so, in the SDK’s words as well', async () => {
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'sk-wrong', maxRetries: 0 });
  const error = await client.chat.completions.create(good).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
  expect(error).toMatchObject({ status: 401, param: 'authorization', code: 'invalid_api_key' });
});

test.each([
  ['none', {}],
  ['an empty one', { authorization: 'Bearer ' }],
  ['a name and a password', { authorization: `Basic ${btoa('user:password')}` }],
  ['two', { authorization: 'Bearer sk-first-key, Bearer sk-second-key' }],
  ['one in another case', { authorization: 'Bearer SK-FIRST-KEY' }],
  ['one of 10 kB', { authorization: `Bearer ${'k'.repeat(10_000)}` }],
  ['a digest', { authorization: `Bearer ${createHash('sha256').update('sk-first-key').digest('hex')}` }],
])('a key that is %s is turned down', async (_what, headers) => {
  for (const path of [chat, '/v1/route']) {
    const response = await post(gateway.url, path, good, headers);
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    const error = await errorIn(response);
    expect(error).toMatchObject({ type: 'authentication_error', param: 'authorization' });
    expect(error.message).not.toMatch(/sk-|kkkk/i);
  }
  expect((await fetch(`${gateway.url}/v1/models`, { headers })).status).toBe(401);
});

test('whether it is alive may be asked by anybody', async () => {
  expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
});
