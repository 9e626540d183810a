import { describe, expect, test } from 'vitest';
import { createBackends } from '../../src/backends/registry.ts';
import { workersAiFailure } from '../../src/backends/workers-ai-failure.ts';
import { callTo, chunksOf, failureOf, textOf } from '../support/backend-calls.ts';
import { events } from '../support/upstream.ts';

describe('codes of the platform', () => {
  test.each([
    ['3040: Capacity temporarily exceeded, please try again.', { kind: 'throttled' }],
    ['3036: you have used up your daily free allocation of 10,000 neurons', { kind: 'throttled' }],
    ['AiError: 3040: No more data centers to forward the request to', { kind: 'throttled' }],
    ['error code: 429', { kind: 'throttled' }],
    ['Rate limit exceeded', { kind: 'throttled' }],
    ['5007: No such model @cf/x or task', { kind: 'misconfigured' }],
    ['3042: The model name is invalid', { kind: 'misconfigured' }],
    ['5018: The account is not allowed to access this model', { kind: 'misconfigured' }],
    ['10000: Authentication error', { kind: 'misconfigured' }],
    ["5006: Error: oneOf at '/' not met", { kind: 'rejected', status: 400, code: '5006' }],
    ['3006: Request is too large', { kind: 'rejected', status: 413 }],
    ['5021: The estimated number of input and maximum output tokens', { kind: 'context-exceeded' }],
    ['3007: Request timeout', { kind: 'unavailable' }],
    ['error code: 1031', { kind: 'unavailable' }],
    ['error code: 503', { kind: 'unavailable' }],
    ['Network connection lost.', { kind: 'unavailable' }],
    ['3043: Internal server error', { kind: 'failed', status: 500 }],
    ['9999: something new', { kind: 'failed', status: 500 }],
    ['internal error', { kind: 'failed', status: 500 }],
  ])('%s', (message, expected) => {
    expect(workersAiFailure(new Error(message)).failure).toMatchObject(expected);
  });

  test('what is rejected is told without the code', () => {
    expect(workersAiFailure(new Error('5006: bad input')).message).toBe('bad input');
  });
});

/** A backend whose binding answers this, and what it was asked. */
function answering(answer: unknown) {
  const asked: unknown[][] = [];
  const AI = {
    run: async (...call: unknown[]) => {
      asked.push(call);
      return answer;
    },
  };
  return { backend: createBackends({ AI })['workers-ai'], asked };
}

function streamOf(text: string): ReadableStream {
  return new Blob([text]).stream();
}

const config = { kind: 'workers-ai', binding: 'AI' } as const;

describe('what is asked', () => {
  test('the only bound on output that every model knows', async () => {
    const { backend, asked } = answering({ response: 'Hi' });
    await backend.complete(callTo(config, { body: { messages: [], max_completion_tokens: 9 } }));
    expect(asked[0]?.slice(0, 2)).toEqual(['model', { messages: [], max_tokens: 9 }]);
  });
});

describe("older models' answers", () => {
  test('an object is JSON mode', async () => {
    const { backend } = answering({ response: { city: 'Ulm' } });
    const { choices } = await backend.complete(callTo(config));
    expect(choices[0]?.message).toEqual({ role: 'assistant', content: '{"city":"Ulm"}' });
  });

  test('calls without id get one each, and their arguments as text', async () => {
    const calls = [
      { name: 'f', arguments: { a: 1 } },
      { name: 'g', arguments: '{"b":2}' },
    ];
    const { backend } = answering({ response: null, tool_calls: calls });
    const { choices } = await backend.complete(callTo(config));
    expect(choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: null,
        tool_calls: [
          { id: 'call_0', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
          { id: 'call_1', type: 'function', function: { name: 'g', arguments: '{"b":2}' } },
        ],
      },
    });
  });

  test('calls that come one by one in a stream are told apart', async () => {
    const call = (name: string) => ({ tool_calls: [{ name, arguments: {} }] });
    const { backend } = answering(streamOf(events(call('f'), call('g'), '[DONE]')));
    const chunks = await chunksOf(await backend.stream(callTo(config)));
    expect(chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])).toMatchObject([
      { index: 0, id: 'call_0', function: { name: 'f' } },
      { index: 1, id: 'call_1', function: { name: 'g' } },
    ]);
  });

  test('filler against traffic analysis is not handed on', async () => {
    const { backend } = answering(streamOf(events({ response: 'Hi', p: 'abcdefgh' }, '[DONE]')));
    const chunks = await chunksOf(await backend.stream(callTo(config)));
    expect(textOf(chunks)).toBe('Hi');
    expect(JSON.stringify(chunks)).not.toContain('abcdefgh');
  });

  test('a stream without [DONE] is truncated, whatever came before its end', async () => {
    const usage = { prompt_tokens: 1, completion_tokens: 1 };
    const { backend } = answering(streamOf(events({ response: 'Hi' }, { response: '', usage })));
    expect(await failureOf(backend.stream(callTo(config)).then(chunksOf))).toEqual({ kind: 'truncated' });
  });
});

describe('the binding', () => {
  test('JSON with another content type comes as a stream', async () => {
    const { backend } = answering(streamOf('{"response":"Hi"}'));
    expect((await backend.complete(callTo(config))).choices[0]?.message).toMatchObject({ content: 'Hi' });
  });

  test('an object in place of a stream is malformed', async () => {
    const { backend } = answering({ response: 'Hi' });
    expect(await failureOf(backend.stream(callTo(config)))).toEqual({ kind: 'malformed' });
  });
});
