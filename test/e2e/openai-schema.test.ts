import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { FaultRule } from '../../infra/local/faults.ts';
import { keysRequired, newKey, showing } from '../support/access.ts';
import { everyBackend, fullVariantIds, type VariantId, variantIds } from '../support/every-backend.ts';
import { eventsOf, post, routeOf, startGateway } from '../support/gateway.ts';
import { type Component, openAiSchema, schemaIsPresent, schemaPath } from '../support/openai-schema.ts';

if (!schemaIsPresent) console.warn(`skipped: OpenAI's schema is not at ${schemaPath}`);

const tool = { type: 'function', function: { name: 'add', parameters: { type: 'object', properties: {} } } };
const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] };

/** Requests whose answers differ in shape. */
const asks: Readonly<Record<string, { readonly body: object; readonly only?: readonly VariantId[] }>> = {
  text: { body: {} },
  'a text cut short': { body: { max_tokens: 2 } },
  'a text of a service tier': { body: { service_tier: 'flex' } },
  'a forced tool call': {
    body: { tools: [tool], tool_choice: { type: 'function', function: { name: 'add' } } },
  },
  'a required tool call': { body: { tools: [tool], tool_choice: 'required' } },
  'tools not called': { body: { tools: [tool], tool_choice: 'none' } },
  'a JSON schema': { body: { response_format: { type: 'json_schema', json_schema: { name: 'a', schema } } } },
  'a JSON object': { body: { response_format: { type: 'json_object' } } },
  'log probabilities': { body: { logprobs: true, top_logprobs: 3 }, only: fullVariantIds },
  'three answers': { body: { n: 3 }, only: fullVariantIds },
};
const cases = Object.entries(asks).flatMap(([name, { body, only = variantIds }]) =>
  only.map((model) => ({ name, model, body })),
);

describe.skipIf(!schemaIsPresent)('answers and OpenAI’s published schema', async () => {
  if (!schemaIsPresent) return;
  const gateway = await startGateway({
    ...everyBackend,
    variables: {
      ...everyBackend.variables,
      ...keysRequired,
    },
  });
  afterAll(gateway.stop);
  afterEach(() => gateway.fleet.faults.clear());
  const problems = openAiSchema();
  const { authorization } = showing((await newKey(gateway.url)).key);
  const ask = (body: object | string, headers = {}) =>
    post(gateway.url, '/v1/chat/completions', body, { authorization, ...headers });
  const messages = [{ role: 'user', content: 'Please add. Answer in exactly 6 tokens.' }];

  function expectValid(component: Component, value: unknown): void {
    expect(problems(component, value), JSON.stringify(value, null, 1)).toEqual([]);
  }

  test('the schema does find mistakes', () => {
    expect(problems('ErrorResponse', { error: { message: 'no', type: 'x', param: null } })).not.toEqual([]);
    expect(problems('CreateChatCompletionStreamResponse', { choices: [{ delta: {} }] })).not.toEqual([]);
    expect(problems('CreateChatCompletionResponse', { choices: [{ message: null }] })).not.toEqual([]);
    expect(problems('Model', { id: 'a' })).not.toEqual([]);
    expect(problems('ListModelsResponse', { object: 'list', data: [{}] })).not.toEqual([]);
  });

  test.each(cases)('chat completion, $name: $model', async ({ model, body }) => {
    const response = await ask({ model, messages, ...body });
    expect(response.status).toBe(200);
    expectValid('CreateChatCompletionResponse', await response.json());
  });

  describe.each([{ usage: true }, { usage: false }])('streamed, usage asked: $usage', ({ usage }) => {
    test.each(cases)('$name: $model', async ({ model, body }) => {
      const options = usage ? { stream_options: { include_usage: true } } : {};
      const response = await ask({ model, messages, ...body, stream: true, ...options });
      expect(response.status).toBe(200);
      const events = await eventsOf(response);
      expect(events.pop()).toBe('[DONE]');
      const chunks = events.map((event) => JSON.parse(event));
      for (const chunk of chunks) expectValid('CreateChatCompletionStreamResponse', chunk);
      expect(new Set(chunks.map(({ id, created, model: named }) => `${id} ${created} ${named}`)).size).toBe(
        1,
      );
      expect(chunks[0].choices[0].delta.role).toBe('assistant');
    });
  });

  test('the list of models, and each of them', async () => {
    const response = await fetch(`${gateway.url}/v1/models`, { headers: { authorization } });
    const list = (await response.json()) as { data: { id: string }[] };
    expectValid('ListModelsResponse', list);
    expect(list.data.length).toBeGreaterThan(variantIds.length);
    for (const { id } of list.data) {
      const one = await fetch(`${gateway.url}/v1/models/${encodeURIComponent(id)}`, {
        headers: { authorization },
      });
      expectValid('Model', await one.json());
    }
  });

  const says = { model: 'auto', messages };
  test.each<[status: number, what: string, response: () => Promise<Response>]>([
    [400, 'not JSON', () => ask('{')],
    [400, 'a bad field', () => ask({ ...says, n: 'two' })],
    [400, 'a bad header', () => ask(says, { 'x-slo-ttft-ms': '-1' })],
    [400, 'a bad request id', () => ask(says, { 'x-request-id': 'a b' })],
    [401, 'no key', () => post(gateway.url, '/v1/chat/completions', says)],
    [401, 'a wrong key', () => ask(says, { authorization: 'Bearer sk-wrong' })],
    [404, 'an unknown model', () => ask({ ...says, model: 'gpt-0' })],
    [404, 'an unknown path', () => fetch(`${gateway.url}/v2/chat`)],
    [405, 'another method', () => fetch(`${gateway.url}/v1/chat/completions`)],
    [404, 'no such model', () => fetch(`${gateway.url}/v1/models/none`, { headers: { authorization } })],
    [413, 'too long a body', () => ask(`"${'x'.repeat(4 * 1024 * 1024)}"`)],
  ])('error %i: %s', async (status, _what, send) => {
    const response = await send();
    const body = await response.json();
    expect([response.status, body]).toEqual([status, expect.anything()]);
    expectValid('ErrorResponse', body);
  });

  const faults: readonly [number, FaultRule['fault']][] = [
    [429, { kind: 'status', status: 429, retryAfterS: 0 }],
    [502, { kind: 'status', status: 500 }],
    [502, { kind: 'empty' }],
    [502, { kind: 'malformed', afterTokens: 1 }],
    [502, { kind: 'error-inside', afterTokens: 1 }],
    [503, { kind: 'status', status: 503 }],
    [503, { kind: 'reset' }],
    [400, { kind: 'status', status: 400 }],
    [400, { kind: 'context-exceeded' }],
  ];
  test.each(faults)('error %i, of the endpoint: %j', async (status, fault) => {
    gateway.fleet.faults.add({ endpoint: 'openai', fault, times: 1 });
    const response = await ask({ model: 'openai', messages });
    const body = await response.json();
    expect([response.status, body]).toEqual([status, expect.anything()]);
    expectValid('ErrorResponse', body);
    expect((await ask({ model: 'openai', messages })).status).toBe(200);
  });

  test.each(variantIds)('the event that ends a broken stream: %s', async (model) => {
    gateway.fleet.faults.add({ endpoint: model, fault: { kind: 'cut', afterTokens: 2 }, times: 1 });
    const events = await eventsOf(await ask({ model, messages, stream: true }));
    expectValid('ErrorResponse', JSON.parse(events.pop() ?? ''));
    for (const event of events) expectValid('CreateChatCompletionStreamResponse', JSON.parse(event));
  });

  test('the error of an endpoint that cools because it throttled', async () => {
    gateway.fleet.faults.add({
      endpoint: 'workers-ai-older',
      fault: { kind: 'status', status: 429 },
      times: 1,
    });
    await ask({ model: 'workers-ai-older', messages });
    await expect
      .poll(async () => (await routeOf(gateway.url, says, { authorization })).ranking.at(-1)?.masked)
      .toBe('cooling-down');
    const response = await ask({ model: 'workers-ai-older', messages });
    expect(response.status).toBe(429);
    expectValid('ErrorResponse', await response.json());
  });
});
