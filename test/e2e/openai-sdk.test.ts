import OpenAI7 from 'openai';
import OpenAI6 from 'openai6';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { everyBackend, fullVariantIds, variantIds } from '../support/every-backend.ts';
import { lastAt, startGateway } from '../support/gateway.ts';

const gateway = await startGateway(everyBackend);
afterAll(gateway.stop);
afterEach(() => gateway.fleet.faults.clear());

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Weather at a place',
    parameters: {
      type: 'object',
      properties: { place: { type: 'string', minLength: 3 }, days: { type: 'integer', minimum: 2 } },
      required: ['place', 'days'],
      additionalProperties: false,
    },
  },
} as const;

const verdict = {
  type: 'json_schema',
  json_schema: {
    name: 'verdict',
    strict: true,
    schema: {
      type: 'object',
      properties: { fits: { type: 'boolean' }, reason: { type: 'string', enum: ['size', 'colour'] } },
      required: ['fits', 'reason'],
      additionalProperties: false,
    },
  },
} as const;

const says = (content: string) => [{ role: 'user' as const, content }];
const fiveTokens = says('Tell me something. Answer in exactly 5 tokens.');

describe.each([
  ['openai 7', OpenAI7],
  // Both versions have the methods used here; their classes differ in private members only.
  ['openai 6', OpenAI6 as unknown as typeof OpenAI7],
])('%s', (_name, OpenAI) => {
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'none', maxRetries: 0 });

  test.each([...variantIds, 'auto'])('answers a chat completion: %s', async (model) => {
    const { data, response, request_id } = await client.chat.completions
      .create({ model, messages: fiveTokens })
      .withResponse();
    expect(data.choices[0]?.message.content?.split(' ')).toHaveLength(5);
    expect(data.choices[0]?.finish_reason).toBe('stop');
    expect(data.usage).toMatchObject({ completion_tokens: 5 });
    expect(data.id).toBe(`chatcmpl-${request_id}`);
    if (model !== 'auto') expect(response.headers.get('x-route-variant')).toBe(model);
  });

  test.each(variantIds)('streams the same text as it answers: %s', async (model) => {
    const whole = await client.chat.completions.create({ model, messages: fiveTokens });
    const stream = await client.chat.completions.create({ model, messages: fiveTokens, stream: true });
    let text = '';
    const reasons: string[] = [];
    for await (const { choices, usage } of stream) {
      expect(choices).toHaveLength(1);
      expect(usage).toBeUndefined();
      text += choices[0]?.delta.content ?? '';
      if (choices[0]?.finish_reason) reasons.push(choices[0].finish_reason);
    }
    expect(text).toBe(whole.choices[0]?.message.content);
    expect(reasons).toEqual(['stop']);
  });

  test.each(variantIds)('streams usage when asked, in the last chunk alone: %s', async (model) => {
    const stream = await client.chat.completions.create({
      model,
      messages: fiveTokens,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await Array.fromAsync(stream);
    const last = chunks.pop();
    expect(last?.choices).toEqual([]);
    expect(last?.usage).toMatchObject({ completion_tokens: 5 });
    expect(new Set(chunks.map(({ usage }) => usage))).toEqual(new Set([null]));
  });

  test.each(variantIds)('calls a forced tool: %s', async (model) => {
    const { choices } = await client.chat.completions.create({
      model,
      messages: says('What is the weather in Ulm?'),
      tools: [weather],
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
    });
    const [call] = choices[0]?.message.tool_calls ?? [];
    expect(call).toMatchObject({ type: 'function', function: { name: 'get_weather' } });
    expect(call?.id).toMatch(/.+/);
    expect(call?.type === 'function' && JSON.parse(call.function.arguments)).toEqual({
      place: 'xxx',
      days: 2,
    });
  });

  test.each(variantIds)('streams a tool call in pieces that the SDK puts together: %s', async (model) => {
    const runner = client.chat.completions.stream({
      model,
      messages: says('What is the weather in Ulm?'),
      tools: [weather],
      tool_choice: 'required',
    });
    const { choices } = await runner.finalChatCompletion();
    expect(choices[0]?.finish_reason).toBe('tool_calls');
    const [call] = choices[0]?.message.tool_calls ?? [];
    expect(call?.type === 'function' && JSON.parse(call.function.arguments)).toEqual({
      place: 'xxx',
      days: 2,
    });
  });

  test.each(variantIds)('answers in the shape of a JSON schema: %s', async (model) => {
    const { choices } = await client.chat.completions.parse({
      model,
      messages: says('Does it fit?'),
      response_format: verdict,
    });
    expect(choices[0]?.message.parsed).toEqual({ fits: false, reason: 'size' });
  });

  test.each(fullVariantIds)('gives n answers, also interleaved in a stream: %s', async (model) => {
    const { choices } = await client.chat.completions.create({ model, messages: fiveTokens, n: 2 });
    expect(choices.map(({ index }) => index)).toEqual([0, 1]);
    const texts = choices.map(({ message }) => message.content);
    expect(texts[0]).not.toBe(texts[1]);
    const runner = client.chat.completions.stream({ model, messages: fiveTokens, n: 2 });
    const streamed = await runner.finalChatCompletion();
    expect(streamed.choices.map(({ message }) => message.content)).toEqual(texts);
  });

  test.each(fullVariantIds)('gives log probabilities, also streamed: %s', async (model) => {
    const ask = { model, messages: fiveTokens, logprobs: true, top_logprobs: 2 };
    const { choices } = await client.chat.completions.create(ask);
    const tokens = choices[0]?.logprobs?.content ?? [];
    expect(tokens.map(({ token }) => token).join('')).toBe(choices[0]?.message.content);
    for (const { logprob, top_logprobs } of tokens) {
      expect(logprob).toBeLessThanOrEqual(0);
      expect(top_logprobs).toHaveLength(2);
    }
    const streamed = await client.chat.completions.stream(ask).finalChatCompletion();
    expect(streamed.choices[0]?.logprobs?.content).toEqual(tokens);
  });

  test('repeats itself with the same seed, and not with another', async () => {
    const textOf = async (seed: number) => {
      const { choices } = await client.chat.completions.create({
        model: 'openai',
        messages: says('Answer in exactly 12 tokens.'),
        seed,
      });
      return choices[0]?.message.content;
    };
    const [first, again, other] = await Promise.all([textOf(7), textOf(7), textOf(8)]);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  test('ends before a stop sequence', async () => {
    const ask = { model: 'openai', messages: says('Answer in exactly 9 tokens.') };
    const whole = (await client.chat.completions.create(ask)).choices[0]?.message.content ?? '';
    const stop = whole.split(' ').at(4) ?? '';
    const { choices } = await client.chat.completions.create({ ...ask, stop: [stop] });
    expect(choices[0]?.message.content).toBe(whole.slice(0, whole.indexOf(stop)));
    expect(choices[0]?.finish_reason).toBe('stop');
  });

  test('cuts at the bound on output tokens, under either of its names', async () => {
    for (const bound of [{ max_tokens: 3 }, { max_completion_tokens: 3 }])
      for (const model of variantIds) {
        const { choices, usage } = await client.chat.completions.create({
          model,
          messages: fiveTokens,
          ...bound,
        });
        expect([model, choices[0]?.finish_reason, usage?.completion_tokens]).toEqual([model, 'length', 3]);
      }
  });

  test.each(fullVariantIds)('passes fields it does not know through untouched: %s', async (model) => {
    const extra = {
      guided_choice: ['yes', 'no'],
      chat_template_kwargs: { thinking: false, nested: [1, null, 'é'] },
      min_p: 0.05,
    };
    await client.chat.completions.create({ model, messages: fiveTokens, ...extra });
    expect(lastAt(gateway, model).body).toMatchObject(extra);
  });

  test('lists models and finds one', async () => {
    const ids = (await Array.fromAsync(client.models.list())).map(({ id }) => id);
    expect(ids).toEqual(
      expect.arrayContaining(['auto', ...variantIds, ...variantIds.map((id) => `llama-on-${id}`)]),
    );
    expect(await client.models.retrieve('llama-on-openai')).toMatchObject({
      id: 'llama-on-openai',
      object: 'model',
    });
  });

  test('an unknown model is a NotFoundError', async () => {
    const error = await client.models.retrieve('gpt-0').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OpenAI.NotFoundError);
    expect(error).toMatchObject({ status: 404, param: 'model', code: 'model_not_found' });
    await expect(client.chat.completions.create({ model: 'gpt-0', messages: fiveTokens })).rejects.toThrow(
      OpenAI.NotFoundError,
    );
  });

  test('a bad field is a BadRequestError that names it', async () => {
    const error = await client.chat.completions
      .create({ model: 'auto', messages: fiveTokens, temperature: 9 })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({
      status: 400,
      param: 'temperature',
      code: 'invalid_value',
      type: 'invalid_request_error',
    });
    expect(error).toHaveProperty('requestID', expect.stringMatching(/^[0-9a-f-]{36}$/));
  });

  test('a throttled endpoint is a RateLimitError', async () => {
    gateway.fleet.faults.add({
      endpoint: 'openai',
      fault: { kind: 'status', status: 429, retryAfterS: 0 },
      times: 1,
    });
    const error = await client.chat.completions
      .create({ model: 'openai', messages: fiveTokens })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error).toMatchObject({ status: 429, code: 'endpoint_throttled' });
  });

  test('a failing endpoint is an InternalServerError', async () => {
    gateway.fleet.faults.add({ endpoint: 'openai', fault: { kind: 'status', status: 500 }, times: 1 });
    const error = await client.chat.completions
      .create({ model: 'openai', messages: fiveTokens })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OpenAI.InternalServerError);
    expect(error).toMatchObject({ status: 502, code: 'endpoint_failed' });
    // A success in between, so that the failures of one test do not add up to a cooled endpoint in the next.
    await client.chat.completions.create({ model: 'openai', messages: fiveTokens });
  });

  test.each(variantIds)('a stream that breaks throws after the text it gave: %s', async (model) => {
    gateway.fleet.faults.add({ endpoint: model, fault: { kind: 'cut', afterTokens: 3 }, times: 1 });
    const stream = await client.chat.completions.create({ model, messages: fiveTokens, stream: true });
    let text = '';
    const reading = (async () => {
      for await (const { choices } of stream) {
        text += choices[0]?.delta.content ?? '';
        expect(choices[0]?.finish_reason).toBeNull();
      }
    })();
    await expect(reading).rejects.toThrow(OpenAI.APIError);
    expect(text.trim().split(' ')).toHaveLength(3);
    await client.chat.completions.create({ model, messages: fiveTokens });
  });

  test.each(variantIds)('a stream that is left ends at the endpoint too: %s', async (model) => {
    gateway.fleet.faults.add({
      endpoint: model,
      fault: { kind: 'slow-tokens', tokensPerSecond: 20 },
      times: 1,
    });
    const stream = await client.chat.completions.create({
      model,
      messages: says('Answer in exactly 5000 tokens.'),
      max_tokens: 5_000,
      stream: true,
    });
    for await (const { choices } of stream) if (choices[0]?.delta.content) break;
    await expect.poll(() => lastAt(gateway, model).outcome).toBe('aborted');
    await gateway.idle();
  });
});
