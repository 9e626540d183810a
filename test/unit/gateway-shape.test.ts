import { describe, expect, it } from 'vitest';
import type { ChatChunk, ChatCompletion } from '../../src/backends/backend.ts';
import { parseChatRequest } from '../../src/gateway/chat-request.ts';
import { identityOf, toChunk, toCompletion, toUsageChunk } from '../../src/gateway/openai-shape.ts';
import { StreamMeter } from '../../src/gateway/stream-meter.ts';

const identity = { id: 'chatcmpl-1', created: 7, model: 'm' };
const usage = { prompt_tokens: 1, completion_tokens: 4, total_tokens: 5, prompt_tokens_details: null };

/** What vLLM sends beside an answer. */
const vllm = {
  id: 'theirs',
  object: 'chat.completion',
  created: 1,
  model: 'served-as',
  service_tier: null,
  system_fingerprint: null,
  kv_transfer_params: null,
  extra: { kept: true },
} as const;

function chunk(delta: object, rest: object = {}, finish_reason: string | null = null): ChatChunk {
  return { ...vllm, choices: [{ index: 0, delta, logprobs: null, finish_reason }], ...rest } as ChatChunk;
}

describe('what an answer says of itself', () => {
  const identityFor = (fields: object) =>
    identityOf(
      '1',
      'm',
      parseChatRequest({ model: 'auto', messages: [{ role: 'user', content: 'hi' }], ...fields }),
    );

  it('names the service tier it was served in, where one was asked for', () => {
    expect(identityFor({ service_tier: 'auto' }).service_tier).toBe('default');
    expect(identityFor({ service_tier: 'flex' }).service_tier).toBe('flex');
    expect(identityFor({ service_tier: 'fast' }).service_tier).toBe('priority');
    expect(identityFor({ service_tier: null })).not.toHaveProperty('service_tier');
    expect(identityFor({})).not.toHaveProperty('service_tier');
  });
});

describe('a completion in OpenAI shape', () => {
  it('has the required fields, no nulls where none are allowed, and keeps what it does not know', () => {
    const message = {
      role: 'assistant',
      content: 'hi',
      tool_calls: [],
      audio: null,
      function_call: null,
      reasoning: 'x',
    };
    const raw = {
      ...vllm,
      choices: [{ index: 3, message, finish_reason: 'eos_token', stop_reason: null }],
      usage,
    };
    expect(toCompletion(raw as unknown as ChatCompletion, identity)).toEqual({
      ...identity,
      object: 'chat.completion',
      extra: { kept: true },
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'hi', refusal: null, reasoning: 'x' },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 4, total_tokens: 5 },
    });
  });
});

describe('a chunk in OpenAI shape', () => {
  const shape = (keepUsage: boolean) => ({ identity, keepUsage, begun: new Set<number>() });

  it('names the role once per choice, whether the endpoint does or not', () => {
    const stream = shape(false);
    const deltas = [
      chunk({ content: 'a' }),
      chunk({ role: 'assistant', content: 'b' }),
      chunk({ content: 'c' }),
    ].map((raw) => (toChunk(raw, stream).choices as { delta: object }[])[0]?.delta);
    expect(deltas).toEqual([
      { role: 'assistant', content: 'a' },
      { role: 'assistant', content: 'b' },
      { content: 'c' },
    ]);
  });

  it('shows usage only to a client that asked: null before the end, then the figures in a chunk of their own', () => {
    expect(toChunk(chunk({ content: 'a' }, { usage }), shape(false))).not.toHaveProperty('usage');
    expect(toChunk(chunk({ content: 'a' }), shape(true)).usage).toBeNull();
    expect(toUsageChunk(usage, shape(true))).toEqual({
      ...identity,
      object: 'chat.completion.chunk',
      choices: [],
      usage: { prompt_tokens: 1, completion_tokens: 4, total_tokens: 5 },
    });
  });
});

describe('StreamMeter', () => {
  it('times the first and the last chunk with content, and believes the endpoint on how many tokens there were', () => {
    const meter = new StreamMeter();
    meter.pass([chunk({ role: 'assistant', content: '' }), chunk({ content: 'a' })], 100);
    meter.pass([chunk({ content: 'b' }), chunk({ content: 'c' })], 160);
    meter.pass([chunk({}, {}, 'stop')], 170);
    expect(meter).toMatchObject({ firstTokenMs: 100, lastTokenMs: 160, outputTokens: 3 });
    meter.pass([{ choices: [], usage }], 180);
    expect(meter).toMatchObject({ outputTokens: 4 });
    expect(meter.tpotMs(4)).toBe(20);
  });

  it('knows whether a bound ended the answer', () => {
    const ended = (reason: string) => {
      const meter = new StreamMeter();
      meter.pass([chunk({ content: 'a' }), chunk({}, {}, reason)], 1);
      return meter.cutShort;
    };
    expect(ended('length')).toBe(true);
    expect(ended('stop')).toBe(false);
  });

  it('times an answer that a filter withheld, too', () => {
    const meter = new StreamMeter();
    meter.pass([chunk({}, {}, 'content_filter')], 7);
    expect(meter).toMatchObject({ firstTokenMs: 7, outputTokens: 0 });
  });

  it('knows no pace of a single token', () => {
    const meter = new StreamMeter();
    meter.pass([chunk({ content: 'a' })], 5);
    expect(meter.tpotMs(1)).toBeUndefined();
  });
});
