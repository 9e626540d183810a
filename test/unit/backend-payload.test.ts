import { describe, expect, test } from 'vitest';
import { payloadFor } from '../../src/backends/payload.ts';
import type { Variant } from '../../src/routing/catalogue.ts';
import { callTo } from '../support/backend-calls.ts';

const messages = [{ role: 'user', content: 'Hello' }];

function payload(body: object, variant: Partial<Variant> = {}, stream = false) {
  const call = callTo(
    { kind: 'openai', baseUrl: 'http://localhost' },
    { body: { messages, ...body }, variant },
  );
  return payloadFor(call, { stream });
}

describe('pass-through', () => {
  test('fields the gateway does not know arrive untouched', () => {
    const body = {
      tools: [{ type: 'function', function: { name: 'f', parameters: {} } }],
      response_format: { type: 'json_object' },
      seed: 7,
      stop: ['x'],
      logprobs: true,
      top_logprobs: 2,
      chat_template_kwargs: { enable_thinking: false },
      from_the_future: { deep: [1, null] },
    };
    expect(payload(body)).toEqual({ messages, ...body, model: 'model' });
  });

  test('fields which speak to the gateway end there', () => {
    expect(payload({ metadata: { task: 'chat' }, service_tier: 'flex', store: true })).toEqual({
      messages,
      model: 'model',
    });
  });

  test('the client keeps its own body', () => {
    const body = { messages, metadata: { task: 'chat' }, max_tokens: 900 };
    const before = structuredClone(body);
    payload(body, { parameters: { maxOutputTokens: 10 } }, true);
    expect(body).toEqual(before);
  });
});

describe('the variant', () => {
  test.each([
    [{}, 'model'],
    [{ servedAs: 'org/model' }, 'org/model'],
  ])('%j is called by %s', (variant, model) => {
    expect(payload({ model: 'auto' }, variant).model).toBe(model);
  });

  test('puts its quality parameters over the body, gateway fields included', () => {
    const parameters = { body: { reasoning_effort: 'low', temperature: 0, store: true } };
    expect(payload({ temperature: 1, store: false }, { parameters })).toMatchObject(parameters.body);
  });

  test.each([
    [{ max_tokens: 500 }, { max_tokens: 100 }],
    [{ max_tokens: 50 }, { max_tokens: 50 }],
    [{ max_completion_tokens: 500 }, { max_completion_tokens: 100 }],
    [
      { max_tokens: 500, max_completion_tokens: 50 },
      { max_tokens: 100, max_completion_tokens: 50 },
    ],
    [{ max_tokens: null }, { max_tokens: 100 }],
    [{}, { max_tokens: 100 }],
  ])('bounds the output of %j to %j', (asked, bounded) => {
    const {
      model: _model,
      messages: _messages,
      ...sent
    } = payload(asked, {
      parameters: { maxOutputTokens: 100 },
    });
    expect(sent).toEqual(bounded);
  });

  test('without a bound sends none', () => {
    expect(payload({})).not.toHaveProperty('max_tokens');
  });
});

describe('streaming', () => {
  test.each([[{}], [{ stream_options: null }], [{ stream_options: { include_usage: false } }]])(
    'asks for usage whatever the client asked: %j',
    (body) => {
      expect(payload(body, {}, true)).toMatchObject({
        stream: true,
        stream_options: { include_usage: true },
      });
    },
  );

  test('keeps the other stream options', () => {
    expect(payload({ stream_options: { include_obfuscation: false } }, {}, true).stream_options).toEqual({
      include_obfuscation: false,
      include_usage: true,
    });
  });

  test('a JSON call asks for no stream', () => {
    expect(payload({ stream: true, stream_options: { include_usage: true } })).toEqual({
      messages,
      model: 'model',
    });
  });
});
