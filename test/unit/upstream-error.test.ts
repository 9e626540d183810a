import { describe, expect, test } from 'vitest';
import { failureFor, retryAfterMs, upstreamErrorFrom } from '../../src/backends/upstream-error.ts';

const plain = { message: 'no', param: null, code: null };

describe('status to failure', () => {
  test.each([
    [301, 'misconfigured'],
    [400, 'rejected'],
    [401, 'misconfigured'],
    [402, 'misconfigured'],
    [403, 'misconfigured'],
    [404, 'misconfigured'],
    [405, 'misconfigured'],
    [408, 'unavailable'],
    [409, 'rejected'],
    [413, 'rejected'],
    [422, 'rejected'],
    [425, 'unavailable'],
    [429, 'throttled'],
    [500, 'failed'],
    [501, 'failed'],
    [502, 'unavailable'],
    [503, 'unavailable'],
    [504, 'unavailable'],
    [522, 'unavailable'],
    [529, 'unavailable'],
  ])('%i is %s', (status, kind) => {
    expect(failureFor(status, plain).kind).toBe(kind);
  });
});

test.each([
  'Worker queue capacity exceeded for model: model',
  'The engine is currently overloaded, please try again later',
])('503 "%s" is throttled', (message) => {
  expect(failureFor(503, { ...plain, message }, 2_000)).toEqual({ kind: 'throttled', retryAfterMs: 2_000 });
});

describe('prompts that do not fit', () => {
  test.each([
    "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens",
    "'max_tokens' is too large: 8000. This model's maximum context length is 4096 tokens",
    'The prompt (total length 9000) is longer than the maximum model length of 4096.',
    "The input (9000 tokens) is longer than the model's context length (4096 tokens).",
    'the request exceeds the available context size, try increasing it',
    'The estimated number of input and maximum output tokens (9) exceeded this model context window limit (8)',
    '`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 9000 `inputs` tokens and 20 `max_new_tokens`',
    'prompt is too long: 210000 tokens > 200000 maximum',
  ])('%s', (message) => {
    expect(failureFor(400, { ...plain, message }).kind).toBe('context-exceeded');
  });

  test("OpenAI's code", () => {
    expect(failureFor(400, { ...plain, code: 'context_length_exceeded' }).kind).toBe('context-exceeded');
  });

  test('a server that fails is not blamed on the prompt', () => {
    expect(failureFor(500, { ...plain, message: 'context length cache corrupted' }).kind).toBe('failed');
  });
});

describe('what endpoints say', () => {
  test.each([
    [
      '{"error":{"message":"bad","type":"invalid_request_error","param":"stop","code":"too_many"}}',
      { message: 'bad', param: 'stop', code: 'too_many' },
    ],
    [
      '{"object":"error","message":"bad","type":"BadRequestError","param":null,"code":400}',
      { message: 'bad', param: null, code: null },
    ],
    ['{"error":"bad"}', { message: 'bad', param: null, code: null }],
    ['{"detail":"Not Found"}', { message: 'Not Found', param: null, code: null }],
    ['{"detail":[{"loc":["body"]}]}', { message: '[{"loc":["body"]}]', param: null, code: null }],
    ['{"message":"Forbidden"}', { message: 'Forbidden', param: null, code: null }],
    ['<html>502</html>', { message: '<html>502</html>', param: null, code: null }],
    ['', { message: '', param: null, code: null }],
  ])('%s', (text, expected) => {
    expect(upstreamErrorFrom(text)).toMatchObject(expected);
  });

  test('is judged by how it begins, not by the request that it quotes', () => {
    const quoting = (opening: string) => ({
      ...plain,
      message: `${opening} ${'x'.repeat(500)} context length`,
    });
    expect(failureFor(400, quoting('no such tool in')).kind).toBe('rejected');
    expect(failureFor(400, quoting('over the context length:')).kind).toBe('context-exceeded');
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(2026, 10, 21, 12, 0, 0);

  test.each([
    ['2', 2_000],
    ['0', 0],
    ['1.5', 1_500],
    ['Sat, 21 Nov 2026 12:00:30 GMT', 30_000],
    ['Sat, 21 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['-1', undefined],
    ['', undefined],
  ])('%j is %j ms', (value, expected) => {
    expect(retryAfterMs(new Headers({ 'retry-after': value }), now)).toBe(expected);
  });

  test('absent', () => {
    expect(retryAfterMs(new Headers(), now)).toBeUndefined();
  });

  test('in milliseconds, which is more exact', () => {
    expect(retryAfterMs(new Headers({ 'retry-after-ms': '120', 'retry-after': '1' }), now)).toBe(120);
    for (const nonsense of ['', 'Infinity', '0x10', '1e9', '9'.repeat(30)])
      expect(retryAfterMs(new Headers({ 'retry-after-ms': nonsense, 'retry-after': '1' }), now)).toBe(1_000);
  });
});

test.each([
  [
    `1 validation error:\n  {'type': 'missing', 'loc': ('body', 'tools', 0, 'function'), 'msg': 'required'}`,
    'tools[0].function',
  ],
  [`[{'type': 'int_parsing', 'loc': ('body', 'n'), 'msg': 'not an integer'}]`, 'n'],
  ['the model is not happy', null],
])('the field that only the message names: %s', (message, param) => {
  expect(upstreamErrorFrom(JSON.stringify({ error: { message } })).param).toBe(param);
});

test('the field that FastAPI names in its details', () => {
  const detail = [{ type: 'missing', loc: ['body', 'messages', 1, 'role'], msg: 'Field required' }];
  expect(upstreamErrorFrom(JSON.stringify({ detail })).param).toBe('messages[1].role');
});
