import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env as bindings } from 'cloudflare:workers';
import { afterEach, expect, it, vi } from 'vitest';
import type { Env } from '../../src/config.ts';
import { app } from '../../src/gateway/app.ts';

const env = bindings as unknown as Env;
const good = { model: 'auto', messages: [{ role: 'user', content: 'Hello' }] };

async function answer(init: RequestInit, changes: Partial<Env> = {}, path = '/v1/chat/completions') {
  const context = createExecutionContext();
  const request = new Request(`http://127.0.0.1${path}`, init);
  const response = await app.fetch(request, { ...env, ...changes }, context);
  await waitOnExecutionContext(context);
  return response;
}

afterEach(() => {
  vi.restoreAllMocks();
});

it.each<[what: string, status: number, path: string, init: RequestInit]>([
  ['by the guard', 400, '/healthz', { headers: { 'x-request-id': 'two words' } }],
  ['to a page', 403, '/healthz', { headers: { origin: 'https://example.com' } }],
  ['for want of a route', 404, '/nowhere', {}],
  ['for its method', 405, '/v1/models', { method: 'PUT' }],
  ['for its body', 400, '/v1/route', { method: 'POST', body: '{' }],
])('an answer says who it is to and what it took, also a refusal %s', async (_what, status, path, init) => {
  const response = await answer(init, {}, path);
  const { headers } = response;
  expect(response.status).toBe(status);
  expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect(headers.get('server-timing')).toMatch(/^gateway;dur=\d/);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
});

it('the cause of a failure inside stands in the log under the id that the client is told', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
  const POOL = {
    getByName() {
      throw new Error('out of order');
    },
  };
  const init = { method: 'POST', headers: { 'x-request-id': 'mine' }, body: JSON.stringify(good) };
  const response = await answer(init, { POOL });
  expect([response.status, response.headers.get('x-request-id')]).toEqual([500, 'mine']);
  expect(logged.mock.calls.flat().join()).toMatch(/mine: .*out of order/);
});

it('a refusal does not repeat a field’s name of any length', async () => {
  const name = 'x'.repeat(100_000);
  for (const body of [
    `{"${name}":1,"${name}":2}`,
    `{"${name}":1e400}`,
    JSON.stringify({ ...good, metadata: { [name]: 1 } }),
  ]) {
    const response = await answer({ method: 'POST', body });
    expect(response.status).toBe(400);
    expect((await response.text()).length).toBeLessThan(2_000);
  }
});
