import { EventEmitter, once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { AnswerReader } from '../../policy/replay/answer-reader.ts';
import { ChatClient, type ChatReply } from '../../policy/replay/chat-client.ts';
import { promptOf, promptTokensOf } from '../../policy/replay/prompt.ts';
import {
  beginStream,
  type ChatHandler,
  sendChunk,
  sendEvent,
  sendJson,
  startFakeGateway,
} from '../support/fake-gateway.ts';

const never = new AbortController().signal;

describe('an answer', () => {
  test('times the first and the last token, and takes its length from the usage', () => {
    const reader = new AnswerReader();
    reader.read('data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n', 5);
    reader.read('data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n', 10);
    reader.read('data: {"choices":[{"index":0,"delta":{"content":"b c"}}]}\n\n', 40);
    reader.read('data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n', 50);
    reader.read(
      'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3}}\n\ndata: [DONE]\n\n',
      60,
    );
    expect(reader.end()).toEqual({
      complete: true,
      firstTokenAtMs: 10,
      lastTokenAtMs: 40,
      promptTokens: 9,
      outputTokens: 3,
    });
  });

  test('events split anywhere between reads are the same', () => {
    const text =
      'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\r\n\r\ndata: {"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}]}\r\n\r\n';
    for (let cut = 0; cut <= text.length; cut++) {
      const reader = new AnswerReader();
      reader.read(text.slice(0, cut), 1);
      reader.read(text.slice(cut), 2);
      expect(reader.end()).toMatchObject({ complete: true, outputTokens: 2 });
    }
  });

  test.each([
    ['cut', '', 'stream cut before a finish reason'],
    ['[DONE] without a finish reason', 'data: [DONE]\n\n', 'stream cut before a finish reason'],
    ['an error event', 'data: {"error":{"message":"upstream gone"}}\n\n', 'error event: upstream gone'],
    ['no JSON', 'data: {"choi\n\n', 'unreadable event in the stream'],
    ['another protocol', 'data: {"choices":"none"}\n\n', 'unreadable event in the stream'],
  ])('%s after some content is a failure', (_, rest, reason) => {
    const reader = new AnswerReader();
    reader.read(`data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n${rest}`, 1);
    expect(reader.end()).toEqual({ complete: false, reason });
  });

  test('a finish reason without content is a failure', () => {
    const reader = new AnswerReader();
    reader.read('data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n', 1);
    expect(reader.end()).toEqual({ complete: false, reason: 'answer without content' });
  });
});

describe('a prompt', () => {
  test.each([7, 8, 100, 374, 14_050])('of %i tokens has four characters for each', (tokens) => {
    const prompt = promptOf(tokens, 44, 3);
    expect(prompt).toHaveLength(tokens * 4);
    expect(prompt.startsWith('Answer in exactly 44 tokens.')).toBe(true);
    expect(promptTokensOf(tokens, 44)).toBe(tokens);
  });

  test('shorter than the sentence is the sentence alone', () => {
    expect(promptOf(2, 44, 0)).toBe('Answer in exactly 44 tokens.');
    expect(promptTokensOf(2, 44)).toBe(7);
    expect(promptTokensOf(2, 4_444)).toBe(8);
  });

  test('two requests of the same lengths differ', () => {
    expect(promptOf(50, 10, 1)).not.toBe(promptOf(50, 10, 2));
  });
});

describe('the client', () => {
  test('asks for a stream with usage, without a length, with task and tier', async () => {
    const gateway = await startFakeGateway();
    const reply = await send(gateway.url, { class: 'batch' });
    expect(reply).toMatchObject({
      status: 200,
      route: { variant: 'large', endpoint: 'one', reason: 'best', requestId: 'r-1' },
      outcome: { kind: 'answered', promptTokens: 7, outputTokens: 3 },
    });
    const [chat] = gateway.chats;
    expect(chat!.headers).toMatchObject({ 'x-task': 'summary', authorization: 'Bearer key' });
    expect(chat!.body).toEqual({
      model: 'auto',
      messages: [{ role: 'user', content: 'Answer in exactly 3 tokens.' }],
      stream: true,
      stream_options: { include_usage: true },
      service_tier: 'flex',
    });
  });

  test('TTFT ends with the first content, TPOT is the mean after it, E2E ends with the last', async () => {
    const looks = new EventEmitter();
    const gateway = await startFakeGateway({ chat: inStages(looks) });
    // Every look is 100 ms later: when sent, at the role, at the first, second and third token, at the end.
    let nowMs = 0;
    const clock = () => {
      looks.emit('look');
      nowMs += 100;
      return nowMs;
    };
    const client = new ChatClient({ url: gateway.url, clock });
    const { outcome } = await client.send({ prompt: 'x', task: 't' }, never);
    client.close();
    expect(outcome).toMatchObject({
      kind: 'answered',
      outputTokens: 3,
      ttftMs: 200,
      tpotMs: 100,
      e2eMs: 400,
    });
  });

  test('429 is shed, with the variant unknown', async () => {
    const gateway = await startFakeGateway({
      chat: (_, response) => sendJson(response, 429, { error: { message: 'no room' } }),
    });
    expect(await send(gateway.url)).toMatchObject({ status: 429, outcome: { kind: 'shed' } });
  });

  test("any other status is a failure in the gateway's words", async () => {
    const gateway = await startFakeGateway({
      chat: (_, response) => sendJson(response, 503, { error: { message: 'no endpoint' } }),
    });
    expect((await send(gateway.url)).outcome).toEqual({ kind: 'failed', reason: 'HTTP 503: no endpoint' });
  });

  test('a stream whose connection breaks is a failure that keeps its route', async () => {
    const gateway = await startFakeGateway({
      chat: (_, response) => {
        beginStream(response, 'small');
        response.write('data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n', () =>
          response.destroy(),
        );
      },
    });
    const reply = await send(gateway.url);
    expect(reply).toMatchObject({ status: 200, route: { variant: 'small' }, outcome: { kind: 'failed' } });
    expect(reply.outcome).toHaveProperty('reason', expect.stringMatching(/^connection failed: /));
  });

  test('nobody there is a failure without a status', async () => {
    const reply = await send('http://127.0.0.1:1');
    expect(reply).toMatchObject({ status: undefined, route: {}, outcome: { kind: 'failed' } });
    expect(reply.outcome).toHaveProperty('reason', expect.stringContaining('ECONNREFUSED'));
  });

  test('an abort rejects with its reason', async () => {
    const ending = new AbortController();
    const gateway = await startFakeGateway({ chat: () => ending.abort(new Error('enough')) });
    await expect(send(gateway.url, {}, ending.signal)).rejects.toThrow('enough');
  });
});

/** Three tokens, each in a read of its own: the next leaves when the client has looked at the clock for the last. */
function inStages(looks: EventEmitter): ChatHandler {
  return async (_, response) => {
    beginStream(response);
    const stages = [
      () => sendChunk(response, { role: 'assistant', content: '' }),
      () => sendChunk(response, { content: 'a' }),
      () => sendChunk(response, { content: 'b' }),
      () => sendChunk(response, { content: 'c' }, 'stop'),
      () => sendEvent(response, { choices: [], usage: { prompt_tokens: 1, completion_tokens: 3 } }),
    ];
    for (const stage of stages) {
      stage();
      await once(looks, 'look');
    }
    response.end('data: [DONE]\n\n');
  };
}

async function send(url: string, extra: object = {}, signal = never): Promise<ChatReply> {
  const client = new ChatClient({ url, clock: () => performance.now(), apiKey: 'key' });
  try {
    return await client.send({ prompt: 'Answer in exactly 3 tokens.', task: 'summary', ...extra }, signal);
  } finally {
    client.close();
  }
}
