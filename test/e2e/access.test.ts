import OpenAI from 'openai';
import { afterAll, describe, expect, test } from 'vitest';
import { administer, adminToken, keysRequired, newKey, showing } from '../support/access.ts';
import { everyBackend } from '../support/every-backend.ts';
import { errorIn, eventsOf, lastAt, post, type Route, startGateway } from '../support/gateway.ts';

const gateway = await startGateway({
  ...everyBackend,
  variables: { ...everyBackend.variables, ...keysRequired, CORS_ORIGINS: 'https://app.example.com' },
});
afterAll(gateway.stop);

const chat = '/v1/chat/completions';
const good = {
  model: 'openai',
  messages: [{ role: 'user' as const, content: 'Answer in exactly 2 tokens.' }],
};
const ask = (key: string, body: object = good) => post(gateway.url, chat, body, showing(key));
/** When the month's tokens begin anew: its end in UTC, in seconds. */
const nextMonthSeconds = () => {
  const now = new Date();
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1) / 1_000;
};
const usageOf = async (id: string) => {
  const { data } = (await (await administer(gateway.url, '/keys')).json()) as {
    data: readonly { id: string; usage: Record<string, number> }[];
  };
  return data.find((key) => key.id === id)?.usage;
};

test('before there is any key, nobody is served, whatever they show', async () => {
  for (const headers of [{}, { authorization: 'Bearer sk-anything' }]) {
    const response = await post(gateway.url, chat, good, headers);
    expect([response.status, (await errorIn(response)).code]).toEqual([503, 'no_api_keys']);
  }
});

test('who has a key may call, and no endpoint sees it', async () => {
  const { key } = await newKey(gateway.url);
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: key, maxRetries: 0 });
  expect((await client.chat.completions.create(good)).choices).toHaveLength(1);
  expect((await client.models.list()).data).not.toEqual([]);
  expect(JSON.stringify(lastAt(gateway, 'openai'))).not.toContain(key);
});

test('who has none is told so, in the SDK’s words as well', async () => {
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'sk-wrong', maxRetries: 0 });
  const error = await client.chat.completions.create(good).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
  expect(error).toMatchObject({ status: 401, param: 'authorization', code: 'invalid_api_key' });
});

test('whether it is alive may be asked by anybody, and says nothing else', async () => {
  const response = await fetch(`${gateway.url}/healthz`);
  expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
});

describe('a key’s life', () => {
  test('ends at once when it is revoked', async () => {
    const { id, key } = await newKey(gateway.url);
    expect((await ask(key)).status).toBe(200);
    expect(await (await administer(gateway.url, `/keys/${id}/revoke`, {})).json()).toMatchObject({
      id,
      state: 'revoked',
    });
    expect((await ask(key)).status).toBe(401);
  });

  test('lets a stream that is under way when it is revoked end as it would have', async () => {
    const { id, key } = await newKey(gateway.url);
    const messages = [{ role: 'user', content: 'Answer in exactly 100 tokens.' }];
    const response = await ask(key, { ...good, messages, stream: true });
    await administer(gateway.url, `/keys/${id}/revoke`, {});
    expect((await ask(key)).status).toBe(401);
    expect((await eventsOf(response)).at(-1)).toBe('[DONE]');
    await expect.poll(async () => (await usageOf(id))!.tokensThisMonth).toBeGreaterThan(100);
  });

  test('ends when it expires', async () => {
    const { key } = await newKey(gateway.url, { expiresInSeconds: 1 });
    expect((await ask(key)).status).toBe(200);
    await expect.poll(async () => (await ask(key)).status, { timeout: 5_000 }).toBe(401);
  });

  test('goes on with another secret when it is rotated; the last one ends then, or after a time of grace', async () => {
    const { id, key } = await newKey(gateway.url);
    const rotate = async (graceSeconds: number) =>
      (
        (await (await administer(gateway.url, `/keys/${id}/rotate`, { graceSeconds })).json()) as {
          key: string;
        }
      ).key;
    const second = await rotate(60);
    expect([(await ask(key)).status, (await ask(second)).status]).toEqual([200, 200]);
    const third = await rotate(0);
    const statuses = [key, second, third].map(async (each) => (await ask(each)).status);
    expect(await Promise.all(statuses)).toEqual([401, 401, 200]);
  });

  test('is listed with what it used, never with its secret or a hash', async () => {
    const { id, key } = await newKey(gateway.url, { name: 'listed' });
    await (await ask(key)).text();
    await expect.poll(() => usageOf(id)).toMatchObject({ requestsLastMinute: 1, tokensThisMonth: 9 });
    const text = await (await administer(gateway.url, '/keys')).text();
    expect(text).toContain('"listed"');
    expect(text).not.toContain(key.split('_').slice(2).join('_'));
    expect(text).not.toMatch(/salt|hash|secret/);
  });
});

describe('what a key is for', () => {
  const restricted = { variants: ['openai', 'workers-ai-newer'], classes: ['standard'] };

  test('models beyond it are refused, not listed and never chosen', async () => {
    const { key } = await newKey(gateway.url, restricted);
    const pinned = await ask(key, { ...good, model: 'sagemaker' });
    expect([pinned.status, (await errorIn(pinned)).code]).toEqual([403, 'model_not_allowed']);
    const chosen = await ask(key, { ...good, model: 'auto' });
    expect(chosen.headers.get('x-route-variant')).toBe('openai');
    const listed = await (await fetch(`${gateway.url}/v1/models`, { headers: showing(key) })).text();
    expect(listed).not.toContain('sagemaker');
    const route = (await (
      await post(gateway.url, '/v1/route', { ...good, model: 'auto' }, showing(key))
    ).json()) as Route;
    expect(route.ranking.map(({ variant }) => variant)).toEqual(['openai', 'workers-ai-newer']);
  });

  test('classes beyond it are refused', async () => {
    const { key } = await newKey(gateway.url, restricted);
    const response = await ask(key, { ...good, service_tier: 'priority' });
    expect([response.status, await errorIn(response)]).toMatchObject([
      403,
      { code: 'class_not_allowed', param: 'service_tier' },
    ]);
  });

  test('a key for variants that do not exist is not made', async () => {
    const response = await administer(gateway.url, '/keys', { name: 'x', variants: ['gone'] });
    expect([response.status, (await errorIn(response)).param]).toEqual([400, 'variants']);
  });
});

describe('limits', () => {
  test('stand in OpenAI’s headers, and end in a 429 that says when to come again', async () => {
    const limits = { requestsPerMinute: 2, tokensPerMinute: 10_000, outputTokens: 100 };
    const { key } = await newKey(gateway.url, { limits });
    const first = await ask(key);
    expect(Object.fromEntries(first.headers)).toMatchObject({
      'x-ratelimit-limit-requests': '2',
      'x-ratelimit-remaining-requests': '1',
      'x-ratelimit-reset-requests': expect.stringMatching(/^(60|59\.\d+)s$|^60\.\d+s$/),
      'x-ratelimit-limit-tokens': '10000',
      'x-ratelimit-remaining-tokens': '9892',
    });
    expect((await ask(key)).status).toBe(200);
    const refused = await ask(key);
    expect([refused.status, (await errorIn(refused)).code]).toEqual([429, 'rate_limit_exceeded']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
  });

  test('count faulty requests as well', async () => {
    const { key } = await newKey(gateway.url, { limits: { requestsPerMinute: 2 } });
    const statuses = [];
    for (let count = 0; count < 3; count++) statuses.push((await ask(key, { model: 7 })).status);
    expect(statuses).toEqual([400, 400, 429]);
  });

  test('on tokens bound the answers of requests that name no bound', async () => {
    const { key } = await newKey(gateway.url, { limits: { tokensPerMonth: 1_000, outputTokens: 5 } });
    const long = { ...good, messages: [{ role: 'user', content: 'Answer in exactly 400 tokens.' }] };
    const answer = (await (await ask(key, long)).json()) as {
      usage: { completion_tokens: number };
      choices: [{ finish_reason: string }];
    };
    expect([answer.usage.completion_tokens, answer.choices[0].finish_reason]).toEqual([5, 'length']);
  });

  // The month's and not the day's: a run that passes midnight would see the day begin anew.
  test('on tokens for the month end in insufficient_quota, which SDKs do not retry', async () => {
    const { id, key } = await newKey(gateway.url, { limits: { tokensPerMonth: 30, outputTokens: 10 } });
    await (await ask(key)).text();
    await (await ask(key, { ...good, stream: true })).text();
    await expect.poll(() => usageOf(id)).toMatchObject({ tokensThisMonth: 18 });
    const refused = await ask(key);
    expect(await errorIn(refused)).toMatchObject({ type: 'insufficient_quota', code: 'insufficient_quota' });
    const waitsSeconds = Number(refused.headers.get('retry-after'));
    const again = waitsSeconds > 60 ? 'false' : null;
    expect([refused.status, refused.headers.get('x-should-retry')]).toEqual([429, again]);
    expect(Math.abs(Date.now() / 1_000 + waitsSeconds - nextMonthSeconds())).toBeLessThan(60);
  });

  test('take a request that can never fit for too large', async () => {
    const { key } = await newKey(gateway.url, { limits: { tokensPerMinute: 50, outputTokens: 100 } });
    const refused = await ask(key);
    expect([refused.status, (await errorIn(refused)).code]).toEqual([429, 'request_too_large']);
    expect((await ask(key, { ...good, max_tokens: 10 })).status).toBe(200);
  });

  test('get back what a stream that is left has not taken', async () => {
    const { id, key } = await newKey(gateway.url, {
      limits: { tokensPerMonth: 100_000, outputTokens: 4_000 },
    });
    const leaving = new AbortController();
    const response = await fetch(`${gateway.url}${chat}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...showing(key) },
      body: JSON.stringify({
        ...good,
        messages: [{ role: 'user', content: 'Answer in exactly 3000 tokens.' }],
        stream: true,
      }),
      signal: leaving.signal,
    });
    await response.body!.getReader().read();
    expect((await usageOf(id))!.tokensThisMonth).toBeGreaterThan(4_000);
    leaving.abort();
    await expect.poll(async () => (await usageOf(id))!.tokensThisMonth).toBeLessThan(3_000);
  });
});

describe('browsers', () => {
  const origin = 'https://app.example.com';
  const preflight = (from: string) =>
    fetch(`${gateway.url}${chat}`, {
      method: 'OPTIONS',
      headers: { origin: from, 'access-control-request-method': 'POST' },
    });

  test('pages that are named may call', async () => {
    const { key } = await newKey(gateway.url);
    const asked = await preflight(origin);
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, origin]);
    expect(asked.headers.get('access-control-allow-headers')).toContain('authorization');
    const answer = await post(gateway.url, chat, { ...good, stream: true }, { origin, ...showing(key) });
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('vary')).toBe('origin');
    expect((await eventsOf(answer)).at(-1)).toBe('[DONE]');
  });

  test('not even those may administer', async () => {
    const preflighted = await fetch(`${gateway.url}/admin/v1/keys`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    expect(preflighted.ok).toBe(false);
    expect(preflighted.headers.get('access-control-allow-methods')).toBeNull();
    const asked = await post(
      gateway.url,
      '/admin/v1/keys',
      { name: 'x' },
      { origin, ...showing(adminToken) },
    );
    expect([asked.status, (await errorIn(asked)).code]).toEqual([403, 'origin_not_allowed']);
  });

  test.each(['https://evil.example.com', 'null'])('the page %s may not', async (from) => {
    const { key } = await newKey(gateway.url);
    for (const response of [
      await preflight(from),
      await post(gateway.url, chat, good, { origin: from, ...showing(key) }),
    ]) {
      expect([response.status, (await errorIn(response)).code]).toEqual([403, 'origin_not_allowed']);
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  test('every answer forbids what no client of an API needs', async () => {
    const { key } = await newKey(gateway.url);
    const answers = [
      await ask(key),
      await ask(key, { ...good, stream: true }),
      await ask('sk-wrong'),
      await fetch(`${gateway.url}/healthz`),
      await fetch(`${gateway.url}/v1/models`, { headers: showing(key) }),
      await fetch(`${gateway.url}/nowhere`),
      await administer(gateway.url, '/keys'),
    ];
    for (const { headers } of answers) {
      expect(Object.fromEntries(headers)).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      });
      expect([headers.get('server'), headers.get('x-powered-by')]).toEqual([null, null]);
    }
  });
});
