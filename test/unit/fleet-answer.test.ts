import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import type { ModelDefinition } from '../../infra/local/definition.ts';
import { planAnswer, usageOf } from '../../infra/local/generation/answer.ts';
import { parseChatRequest, parseJson } from '../../infra/local/generation/chat-request.ts';
import { minimalInstance } from '../../infra/local/generation/schema-instance.ts';
import { RefusedError } from '../../infra/local/wire/refusal.ts';
import { vllmFormat } from '../../infra/local/wire/vllm-format.ts';

const model: ModelDefinition = {
  name: 'tiny',
  coefficients: 'A100/opt-125m',
  contextTokens: 1_000,
  answers: { medianTokens: 50, sigma: 0.8 },
};

function plan(content: string, fields: object = {}) {
  return planAnswer(parseChatRequest({ messages: [{ role: 'user', content }], ...fields }), model);
}

function textOf(answer: ReturnType<typeof plan>, index = 0): string {
  return answer.choices[index]?.pieces.join('') ?? '';
}

function refusalOf(call: () => unknown) {
  try {
    call();
  } catch (error) {
    if (error instanceof RefusedError) return error.refusal;
    throw error;
  }
  throw new Error('not refused');
}

describe('text', () => {
  test('is the same for the same prompt, and another for another', () => {
    expect(textOf(plan('Hello'))).toBe(textOf(plan('Hello')));
    expect(textOf(plan('Hello'))).not.toBe(textOf(plan('Hallo')));
  });

  test('another seed gives other words, another choice too', () => {
    const asked = 'Answer in exactly 30 tokens.';
    const first = plan(asked, { n: 2, seed: 1 });
    expect(textOf(first, 0)).not.toBe(textOf(first, 1));
    expect(textOf(first)).not.toBe(textOf(plan(asked, { seed: 2 })));
    expect(textOf(first)).toBe(textOf(plan(asked, { seed: 1 })));
  });

  test('has the length the prompt asks for, and costs it again when sent back', () => {
    const answer = plan('Answer in exactly 37 tokens. Please.');
    expect(usageOf(answer)).toEqual({ prompt_tokens: 9, completion_tokens: 37, total_tokens: 46 });
    expect(plan(textOf(answer)).promptTokens).toBe(37);
  });

  test('lengths of other prompts spread around the median', () => {
    const lengths = Array.from(
      { length: 400 },
      (_, index) => usageOf(plan(`Prompt ${index}`)).completion_tokens,
    );
    const sorted = lengths.toSorted((left, right) => left - right);
    expect(sorted[200]).toBeGreaterThan(40);
    expect(sorted[200]).toBeLessThan(60);
    expect(new Set(lengths).size).toBeGreaterThan(50);
  });

  test.each(['max_tokens', 'max_completion_tokens'])('ends with "length" at %s', (field) => {
    const [choice] = plan('Answer in exactly 20 tokens.', { [field]: 7 }).choices;
    expect(choice?.pieces).toHaveLength(7);
    expect(choice?.finishReason).toBe('length');
    expect(plan('Answer in exactly 7 tokens.', { [field]: 7 }).choices[0]?.finishReason).toBe('stop');
  });

  test('ignore_eos goes on to max_tokens', () => {
    const answer = plan('Answer in exactly 2 tokens.', { ignore_eos: true, max_tokens: 40 });
    expect(usageOf(answer).completion_tokens).toBe(40);
  });

  test('stops before a stop sequence, having computed the tokens that hold it', () => {
    const whole = textOf(plan('Answer in exactly 20 tokens.'));
    const stop = whole.slice(10, 13);
    const [choice] = plan('Answer in exactly 20 tokens.', { stop: ['never there', stop] }).choices;
    expect(choice?.pieces.join('')).toBe(whole.slice(0, whole.indexOf(stop)));
    expect(choice?.pieces).toHaveLength(Math.ceil((whole.indexOf(stop) + 3) / 4));
    expect(choice).toMatchObject({ finishReason: 'stop', stopReason: stop });
  });

  test('content given in parts counts like content given whole', () => {
    const parts = {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Hel' },
            { type: 'text', text: 'lo' },
          ],
        },
      ],
    };
    expect(planAnswer(parseChatRequest(parts), model).promptTokens).toBe(plan('Hello').promptTokens);
  });
});

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: {
      type: 'object',
      properties: {
        city: { type: 'string', minLength: 1 },
        unit: { enum: ['C', 'F'] },
        days: { type: 'integer' },
      },
      required: ['city', 'unit'],
    },
  },
};
const clock = { type: 'function', function: { name: 'get_time' } };

describe('tools', () => {
  test('the forced one is called, with arguments that fit its schema', () => {
    const [choice] = plan('Hi', {
      tools: [clock, weather],
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
    }).choices;
    expect(choice).toMatchObject({ toolCall: { name: 'get_weather' }, finishReason: 'stop' });
    expect(JSON.parse(choice?.pieces.join('') ?? '')).toEqual({ city: 'x', unit: 'C' });
  });

  test('the one the user mentions is called, and nothing is called when the tool has answered', () => {
    const tools = [clock, weather];
    expect(plan('Use get_weather now', { tools }).choices[0]).toMatchObject({
      toolCall: { name: 'get_weather' },
      finishReason: 'tool_calls',
    });
    const answered = [
      { role: 'user', content: 'Use get_weather now' },
      { role: 'tool', content: 'get_weather: 20', tool_call_id: '1' },
    ];
    expect(plan('', { tools, messages: answered }).choices[0]?.toolCall).toBeUndefined();
  });

  test('none, required and unmentioned', () => {
    const tools = [clock, weather];
    expect(plan('get_weather', { tools, tool_choice: 'none' }).choices[0]?.toolCall).toBeUndefined();
    expect(plan('Hi', { tools, tool_choice: 'required' }).choices[0]?.toolCall?.name).toBe('get_time');
    expect(plan('Hi', { tools }).choices[0]?.toolCall).toBeUndefined();
  });

  test('a forced tool nobody described is refused', () => {
    const choice = { type: 'function', function: { name: 'nope' } };
    expect(refusalOf(() => plan('Hi', { tools: [clock], tool_choice: choice }))).toMatchObject({
      kind: 'invalid',
      param: 'tool_choice',
    });
  });
});

describe('structured output', () => {
  test('json_object is an object', () => {
    expect(JSON.parse(textOf(plan('Hi', { response_format: { type: 'json_object' } })))).toBeTypeOf('object');
  });

  const schemas: Record<string, object> = {
    nested: {
      type: 'object',
      properties: { list: { type: 'array', minItems: 2, items: { $ref: '#/$defs/item' } } },
      required: ['list'],
      $defs: {
        item: {
          type: 'object',
          properties: { at: { type: 'string', format: 'date-time' } },
          required: ['at'],
        },
      },
    },
    recursive: {
      $ref: '#/$defs/node',
      $defs: {
        node: {
          type: 'object',
          properties: { next: { $ref: '#/$defs/node' }, v: { const: 7 } },
          required: ['v'],
        },
      },
    },
    alternatives: { anyOf: [{ type: 'integer', minimum: 3 }, { type: 'null' }] },
    merged: {
      allOf: [
        { type: 'object', properties: { a: { type: 'number', exclusiveMinimum: 1.5 } }, required: ['a'] },
        { properties: { b: { type: ['string', 'null'], minLength: 3 } }, required: ['b'] },
      ],
    },
    negative: { type: 'integer', maximum: -4 },
    steps: { type: 'integer', minimum: 10, multipleOf: 7 },
    tuple: { type: 'array', minItems: 2, prefixItems: [{ type: 'boolean' }, { enum: ['x'] }] },
  };

  test.each(Object.entries(schemas))('the smallest instance of a schema is valid: %s', (_name, schema) => {
    const validate = new Ajv2020({ strict: false, formats: { 'date-time': true } }).compile(schema);
    expect(validate(minimalInstance(schema)), JSON.stringify(validate.errors)).toBe(true);
  });

  test('a schema that never ends is cut', () => {
    const endless = { type: 'object', properties: { next: { $ref: '#' } }, required: ['next'] };
    expect(JSON.stringify(minimalInstance(endless)).length).toBeLessThan(1_000);
  });
});

describe('refusals', () => {
  test('a prompt and an output longer than the context, in the words clients match on', () => {
    const refusal = refusalOf(() => plan('x'.repeat(3_600), { max_tokens: 200 }));
    expect(refusal).toEqual({
      kind: 'context-exceeded',
      contextTokens: 1_000,
      promptTokens: 900,
      outputTokens: 200,
    });
    expect(plan('x'.repeat(3_600), { max_tokens: 100 }).promptTokens).toBe(900);
  });

  test.each([
    ['max_tokens', { max_tokens: 0 }],
    ['n', { n: 0 }],
    ['n', { n: 1e9 }],
    ['temperature', { temperature: -1 }],
    ['top_p', { top_p: 0 }],
    ['stream_options', { stream_options: { include_usage: true } }],
    ['top_logprobs', { top_logprobs: 2 }],
  ])('%s out of range: %j', (param, fields) => {
    expect(refusalOf(() => plan('Hi', fields))).toMatchObject({ kind: 'invalid', param });
  });

  test.each([[{}], [{ messages: [] }], [{ messages: 'Hi' }], [[]], [null]])(
    'a body that is no request: %j',
    (body) => {
      expect(refusalOf(() => parseChatRequest(body))).toMatchObject({ kind: 'invalid' });
    },
  );

  test.each([['{'], [''], ['\xff']])('bytes that are no JSON: %j', (text) => {
    expect(refusalOf(() => parseJson(Buffer.from(text, 'latin1')))).toMatchObject({ kind: 'invalid' });
  });
});

test('logprobs: one entry per token, the token itself first among the alternatives', () => {
  const answer = plan('Answer in exactly 3 tokens.', { logprobs: true, top_logprobs: 2 });
  expect(vllmFormat.whole(answer)).toMatchObject({
    choices: [
      {
        logprobs: {
          content: answer.choices[0]?.pieces.map((token) => ({
            token,
            logprob: expect.any(Number),
            bytes: [...Buffer.from(token)],
            top_logprobs: [{ token }, { token: expect.any(String) }],
          })),
        },
      },
    ],
  });
});
