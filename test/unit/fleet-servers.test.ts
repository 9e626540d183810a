import { describe, expect, test } from 'vitest';
import type { Fleet } from '../../infra/local/fleet.ts';
import { apiKey, asking, eventsIn, startSmallFleet } from '../support/small-fleet.ts';

function post(fleet: Fleet, path: string, body: string, init: RequestInit = {}): Promise<Response> {
  return fetch(fleet.url + path, { method: 'POST', body, ...init });
}

const completions = '/openai/vllm/v1/chat/completions';

function run(fleet: Fleet, model: string, inputs: string): Promise<Response> {
  return post(fleet, '/workers-ai/run', JSON.stringify({ model, inputs: JSON.parse(inputs) }));
}

describe('an OpenAI-compatible server', () => {
  test('streams a role, each token, an end and the usage when asked for', async () => {
    const body = asking(3, { stream: true, stream_options: { include_usage: true } });
    const response = await post(await startSmallFleet(), completions, body);
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const events = eventsIn(await response.text());
    expect(events.at(-1)).toBe('[DONE]');
    const chunks = events.slice(0, -1).map((event) => JSON.parse(event));
    expect(chunks.map((chunk) => chunk.choices[0]?.delta)).toEqual([
      { role: 'assistant', content: '' },
      ...Array(3).fill({ content: expect.stringMatching(/^\S{3}[ .]$/u) }),
      { content: '' },
      undefined,
    ]);
    expect(chunks.map((chunk) => chunk.choices[0]?.finish_reason)).toEqual([
      null,
      null,
      null,
      null,
      'stop',
      undefined,
    ]);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 3 } });
  });

  test('an answer cut at its length ends on a token', async () => {
    const response = await post(
      await startSmallFleet(),
      completions,
      asking(9, { stream: true, max_tokens: 2 }),
    );
    const chunks = eventsIn(await response.text())
      .slice(0, -1)
      .map((event) => JSON.parse(event).choices[0]);
    expect(chunks.at(-1)).toMatchObject({
      delta: { content: expect.stringMatching(/\S/) },
      finish_reason: 'length',
    });
  });

  test('a call of a tool streams its name, then its arguments', async () => {
    const tools = [
      {
        type: 'function',
        function: { name: 'f', parameters: { required: ['a'], properties: { a: { type: 'boolean' } } } },
      },
    ];
    const body = asking(1, { stream: true, tools, tool_choice: 'required' });
    const text = await (await post(await startSmallFleet(), completions, body)).text();
    const calls = eventsIn(text)
      .slice(0, -1)
      .flatMap((event) => JSON.parse(event).choices[0].delta.tool_calls ?? []);
    expect(calls[0]).toMatchObject({ index: 0, type: 'function', function: { name: 'f', arguments: '' } });
    expect(JSON.parse(calls.map((call) => call.function.arguments).join(''))).toEqual({ a: false });
  });

  test('streams the choices side by side', async () => {
    const text = await (
      await post(await startSmallFleet(), completions, asking(4, { stream: true, n: 2 }))
    ).text();
    const indexes = eventsIn(text)
      .slice(0, -1)
      .map((event) => JSON.parse(event).choices[0].index);
    expect(indexes.slice(0, 4)).toEqual([0, 1, 0, 1]);
    expect(indexes.filter((index) => index === 1)).toHaveLength(indexes.length / 2);
  });

  test('names its models, and turns down others', async () => {
    const fleet = await startSmallFleet();
    const list = await (await fetch(`${fleet.url}/openai/vllm/v1/models`)).json();
    expect(list).toMatchObject({ object: 'list', data: [{ id: 'tiny', max_model_len: 2_048 }] });
    const response = await post(fleet, completions, asking(1, { model: 'huge' }));
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      error: { message: 'The model `huge` does not exist.', type: 'NotFoundError', code: 404 },
    });
  });

  test('demands its key', async () => {
    const fleet = await startSmallFleet();
    const path = '/openai/keyed/v1/chat/completions';
    expect((await post(fleet, path, asking(1))).status).toBe(401);
    const headers = { authorization: `Bearer ${apiKey}` };
    expect((await post(fleet, path, asking(1), { headers })).status).toBe(200);
  });

  test.each([['{'], ['{"messages":1}']])('a body that is no request is a 400: %s', async (body) => {
    const response = await post(await startSmallFleet(), completions, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: 'BadRequestError', code: 400 } });
  });

  test('balances by outstanding requests, and turns down what its queues do not hold', async () => {
    // Nothing moves while time stands still, so what is outstanding is known.
    const stopped = { now: () => 0, at: () => () => {} };
    const fleet = await startSmallFleet({ timeline: stopped });
    const leaving = new AbortController();
    const places = 2 * (1 + 1);
    const waiting = Array.from({ length: places }, (_, index) =>
      post(fleet, completions, asking(5, { stream: true, user: `${index}` }), { signal: leaving.signal }),
    );
    await Promise.all(waiting);
    expect(fleet.load('vllm')).toMatchObject({ running: 2, waiting: 2 });
    const response = await post(fleet, completions, asking(5));
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('1');
    leaving.abort();
    await expect.poll(() => fleet.load('vllm')).toEqual({ running: 0, waiting: 0, kvTokensUsed: 0 });
  });

  test('a client that leaves frees its place, and the log tells', async () => {
    const fleet = await startSmallFleet({ speed: 0.01 });
    const leaving = new AbortController();
    const response = await post(fleet, completions, asking(500, { stream: true }), {
      signal: leaving.signal,
    });
    await response.body?.getReader().read();
    expect(fleet.load('vllm').running).toBe(1);
    leaving.abort();
    await expect.poll(() => fleet.load('vllm')).toEqual({ running: 0, waiting: 0, kvTokensUsed: 0 });
    expect(fleet.requests.records[0]).toMatchObject({ outcome: 'aborted' });
  });

  test('a client that leaves before a whole answer frees its place too', async () => {
    const fleet = await startSmallFleet({ speed: 0.01 });
    const leaving = new AbortController();
    const asked = post(fleet, completions, asking(500), { signal: leaving.signal });
    await expect.poll(() => fleet.load('vllm').running).toBe(1);
    leaving.abort();
    await expect(asked).rejects.toThrow();
    await expect.poll(() => fleet.load('vllm').running).toBe(0);
  });
});

describe('Workers AI', () => {
  test('the older models answer with a bare response', async () => {
    const response = await run(await startSmallFleet(), '@cf/older', asking(2));
    expect(await response.json()).toEqual({
      response: expect.stringMatching(/^\S{3} \S{3}\.$/u),
      usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 },
    });
  });

  test('and stream it with filler, then the usage', async () => {
    const response = await run(await startSmallFleet(), '@cf/older', asking(2, { stream: true }));
    const events = eventsIn(await response.text());
    expect(events.at(-1)).toBe('[DONE]');
    expect(events.slice(0, -1).map((event) => JSON.parse(event))).toEqual([
      { response: expect.any(String), p: expect.any(String) },
      { response: expect.any(String), p: expect.any(String) },
      { response: '', usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 } },
    ]);
  });

  test('they end after 256 tokens unless told otherwise', async () => {
    const response = await run(await startSmallFleet(), '@cf/older', asking(400));
    expect(await response.json()).toMatchObject({ usage: { completion_tokens: 256 } });
  });

  test('they parse what they were asked to structure', async () => {
    const fleet = await startSmallFleet();
    const structured = asking(1, {
      response_format: { type: 'json_schema', json_schema: { schema: { const: { a: 1 } } } },
    });
    expect(await (await run(fleet, '@cf/older', structured)).json()).toMatchObject({ response: { a: 1 } });
    const tools = [{ type: 'function', function: { name: 'f' } }];
    expect(
      await (await run(fleet, '@cf/older', asking(1, { tools, tool_choice: 'required' }))).json(),
    ).toMatchObject({
      response: null,
      tool_calls: [{ name: 'f' }],
    });
  });

  test('the newer models answer as OpenAI does', async () => {
    const response = await run(await startSmallFleet(), '@cf/newer', asking(2));
    expect(await response.json()).toMatchObject({
      object: 'chat.completion',
      choices: [{ finish_reason: 'stop' }],
    });
  });

  test('a prompt without messages', async () => {
    const response = await run(
      await startSmallFleet(),
      '@cf/older',
      '{"prompt":"Answer in exactly 1 tokens."}',
    );
    expect(await response.json()).toMatchObject({ usage: { completion_tokens: 1 } });
  });

  test.each([
    ['an unknown model', '@cf/nope', asking(1), 400, 5007, 'No such model @cf/nope or task'],
    ['no messages', '@cf/older', '{}', 400, 5006, /^Error: /],
    [
      'a context too long',
      '@cf/older',
      asking(1, { max_tokens: 9_999 }),
      413,
      5021,
      /^The estimated number of input and maximum output tokens \(10006\)/,
    ],
  ])('an error has its code: %s', async (_name, model, inputs, status, internalCode, description) => {
    const response = await run(await startSmallFleet(), model, inputs);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      internalCode,
      name: 'InferenceUpstreamError',
      description: expect.stringMatching(description),
    });
  });
});

describe('control', () => {
  test('faults are added, seen and cleared over HTTP, by who knows an endpoint', async () => {
    const fleet = await startSmallFleet();
    const rule = { endpoint: 'vllm', fault: { kind: 'status', status: 503 }, times: 1 };
    expect(await (await post(fleet, '/control/faults', JSON.stringify(rule))).json()).toEqual([rule]);
    expect((await post(fleet, completions, asking(1))).status).toBe(503);
    expect(await (await fetch(`${fleet.url}/control/faults`)).json()).toEqual([]);
    await post(fleet, '/control/faults', JSON.stringify({ ...rule, times: undefined }));
    await fetch(`${fleet.url}/control/faults?endpoint=vllm`, { method: 'DELETE' });
    expect((await post(fleet, completions, asking(1))).status).toBe(200);
    expect(await (await fetch(`${fleet.url}/control/requests`)).json()).toMatchObject([
      { outcome: 'refused' },
      { outcome: 'completed', tokens: 1 },
    ]);
    expect(await (await fetch(`${fleet.url}/control/load`)).json()).toMatchObject({ vllm: { running: 0 } });
  });

  test.each([
    ['{'],
    ['{}'],
    ['{"endpoint":"nope","fault":{"kind":"reset"}}'],
    ['{"endpoint":"vllm","fault":{"kind":"sulk"}}'],
  ])('a rule that makes no sense is a 400: %s', async (rule) => {
    const fleet = await startSmallFleet();
    expect((await post(fleet, '/control/faults', rule)).status).toBe(400);
    expect(fleet.faults.rules).toEqual([]);
  });

  test('a path nobody serves is a 404', async () => {
    const fleet = await startSmallFleet();
    for (const path of ['/', '/control/nope', '/openai/nope/v1/models', '/openai/vllm/v2'])
      expect((await fetch(fleet.url + path)).status).toBe(404);
  });
});
