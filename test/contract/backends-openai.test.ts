import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { maxAnswerBytes } from '../../src/backends/answer.ts';
import { createBackends } from '../../src/backends/registry.ts';
import { backendErrorOf, callTo, chunksOf, failureOf, textOf } from '../support/backend-calls.ts';
import { events, json, startUpstream } from '../support/upstream.ts';

const now = Date.UTC(2026, 10, 21, 12, 0, 0);
const key = 'sk-very-secret-0123456789';
const backend = createBackends({ KEY: key }, () => now).openai;

const answer = {
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
};

function call(url: string, apiKeySecret?: string) {
  return callTo({ kind: 'openai', baseUrl: `${url}/v1`, ...(apiKeySecret && { apiKeySecret }) });
}

describe('the request', () => {
  test('goes to the base URL, with or without a slash at its end', async () => {
    const { url, received } = await startUpstream((response) => json(response, 200, answer));
    await backend.complete(call(url));
    await backend.complete(callTo({ kind: 'openai', baseUrl: `${url}/v1/` }));
    expect(received.map(({ path }) => path)).toEqual(['/v1/chat/completions', '/v1/chat/completions']);
  });

  test('keeps an id that the client chose from the server, where it would have to be unique', async () => {
    const { url, received } = await startUpstream((response) => json(response, 200, answer));
    await backend.complete(call(url));
    expect(received[0]?.headers).not.toHaveProperty('x-request-id');
  });

  test('carries the bearer only where the catalogue names one', async () => {
    const { url, received } = await startUpstream((response) => json(response, 200, answer));
    await backend.complete(call(url));
    await backend.complete(call(url, 'KEY'));
    expect(received.map(({ headers }) => headers.authorization)).toEqual([undefined, `Bearer ${key}`]);
  });

  test('is not sent when the named secret is missing', async () => {
    const { url, received } = await startUpstream((response) => json(response, 200, answer));
    const error = await backendErrorOf(backend.complete(call(url, 'OTHER_KEY')));
    expect(error.failure).toEqual({ kind: 'misconfigured', status: 401 });
    expect(error.message).toContain('OTHER_KEY');
    expect(received).toEqual([]);
  });

  test('does not follow a redirect', async () => {
    const { url, received } = await startUpstream((response) =>
      json(response, 307, {}, { location: '/elsewhere' }),
    );
    expect(await failureOf(backend.complete(call(url)))).toEqual({ kind: 'misconfigured', status: 307 });
    expect(received).toHaveLength(1);
  });
});

describe('a compressed answer', () => {
  test('is bounded by what it holds, whatever its length says', async () => {
    const bomb = gzipSync(Buffer.alloc(maxAnswerBytes + 1, ' '));
    const { url } = await startUpstream((response) =>
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': bomb.byteLength }).end(bomb),
    );
    const { message } = await backendErrorOf(backend.complete(call(url)));
    expect(message).toBe(`an answer of more than ${maxAnswerBytes} bytes`);
  });
});

describe('a refusal', () => {
  test('says when to come back, as a date too', async () => {
    const { url } = await startUpstream((response) =>
      json(response, 429, {}, { 'retry-after': new Date(now + 90_000).toUTCString() }),
    );
    expect(await failureOf(backend.stream(call(url)))).toEqual({ kind: 'throttled', retryAfterMs: 90_000 });
  });

  test('never quotes the key', async () => {
    const { url } = await startUpstream((response, { headers }) =>
      json(response, 400, { error: { message: `bad header: ${headers.authorization}` } }),
    );
    const { message } = await backendErrorOf(backend.complete(call(url, 'KEY')));
    expect(message).toBe('bad header: Bearer [key]');
  });

  test('names the field at fault', async () => {
    const { url } = await startUpstream((response) =>
      json(response, 400, { error: { message: 'no', param: 'stop', code: 'bad_stop' } }),
    );
    expect(await failureOf(backend.complete(call(url)))).toEqual({
      kind: 'rejected',
      status: 400,
      param: 'stop',
      code: 'bad_stop',
    });
  });

  test('may be a page, or nothing', async () => {
    for (const body of ['<html><h1>502 Bad Gateway</h1></html>', '']) {
      const { url } = await startUpstream((response) => response.writeHead(502).end(body));
      expect(await failureOf(backend.complete(call(url)))).toEqual({ kind: 'unavailable' });
    }
  });

  test.each<[status: number, expected: object]>([
    [500, { kind: 'failed', status: 500 }],
    [429, { kind: 'throttled' }],
    [400, { kind: 'context-exceeded' }],
  ])('of %i may be endless, and its status counts', async (status, expected) => {
    const { url } = await startUpstream((response) => {
      const pour = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response
        .writeHead(status)
        .on('drain', pour)
        .write('{"message":"longer than the context length","input":"');
      pour();
    });
    expect(await failureOf(backend.complete(call(url)))).toMatchObject(expected);
  });

  test('may break off', async () => {
    const { url } = await startUpstream((response) => {
      response.writeHead(422, { 'content-length': 1_000 }).write('{"message":', () => response.destroy());
    });
    expect(await failureOf(backend.complete(call(url)))).toMatchObject({ kind: 'rejected', status: 422 });
  });
});

describe('an answer', () => {
  test.each([
    ['nothing', ''],
    ['a page', '<html></html>'],
    ['another object', '{"hello":1}'],
    ['a list', '[]'],
    ['null', 'null'],
    ['choices without message', '{"choices":[{"finish_reason":"stop"}]}'],
    ['choices without finish reason', '{"choices":[{"message":{"content":"x"}}]}'],
  ])('that is %s is malformed', async (_name, body) => {
    const { url } = await startUpstream((response) => response.writeHead(200).end(body));
    expect(await failureOf(backend.complete(call(url)))).toEqual({ kind: 'malformed' });
  });

  test('without choices is empty', async () => {
    const { url } = await startUpstream((response) => json(response, 200, { choices: [] }));
    expect(await failureOf(backend.complete(call(url)))).toEqual({ kind: 'empty' });
  });

  test('to a stream request that is no stream is truncated', async () => {
    const { url } = await startUpstream((response) => json(response, 200, answer));
    expect(await failureOf(chunksOf(await backend.stream(call(url))))).toEqual({ kind: 'truncated' });
  });

  test('of fields unknown to the gateway keeps them', async () => {
    const odd = { ...answer, system_fingerprint: 'fp', citations: ['x'] };
    const { url } = await startUpstream((response) => json(response, 200, odd));
    expect(await backend.complete(call(url))).toEqual(odd);
  });

  test('ends at [DONE], also when the server keeps the connection open', async () => {
    const chunk = { choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] };
    const { url } = await startUpstream((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(events(chunk, '[DONE]'));
    });
    expect(textOf(await chunksOf(await backend.stream(call(url))))).toBe('Hi');
  });
});
