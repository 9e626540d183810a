import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { endpointsAt, hello, RequestPath } from '../support/request-path.ts';
import { events, json, startUpstream } from '../support/upstream.ts';

const chunk = (content: string, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta: { content }, finish_reason }],
});
const usage = (tokens: number) => ({
  choices: [],
  usage: { prompt_tokens: 1, completion_tokens: tokens, total_tokens: 1 + tokens },
});
const completion = (content: string, rest: object = {}, finish_reason = 'stop') => ({
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason }],
  ...rest,
});
const stream = (response: ServerResponse, ...values: readonly unknown[]) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(events(...values));
};

describe('a client that leaves in the middle of a stream', () => {
  const leaving: Readonly<Record<string, (path: RequestPath, body: ReadableStream) => Promise<void>>> = {
    'its signal is aborted': async ({ client }, body) => {
      const rest = new Response(body).text();
      client.abort(new Error('gone'));
      await expect(rest).rejects.toThrow();
    },
    'the body is cancelled': async (_path, body) => {
      const reader = body.getReader();
      await reader.read();
      const rest = reader.read();
      await reader.cancel();
      await rest;
    },
  };

  test.each(Object.keys(leaving))('is no failure of the endpoint’s: %s', async (how) => {
    const { url } = await startUpstream((response) => stream(response, chunk('a')));
    const path = new RequestPath(endpointsAt({ only: url }));
    const answer = await path.serve({ ...hello, stream: true });
    await leaving[how]!(path, answer.body!);
    await path.settled();
    expect(path.records).toMatchObject([{ outcome: 'aborted', status: 499 }]);
    expect(path.records[0]?.attempts).toEqual([{ variant: 'only', endpoint: 'only' }]);
    expect(path.told.map((report) => report.kind === 'settled' && report.outcome.kind)).toContain('aborted');
  });
});

test('a client that leaves before its answer has begun is none of the endpoint’s failures either', async () => {
  const path: RequestPath = new RequestPath(
    endpointsAt({ only: (await startUpstream(() => path.client.abort(new Error('gone')))).url }),
  );
  await expect(path.serve(hello)).rejects.toMatchObject({ code: 'client_closed' });
  await path.settled();
  expect(path.records).toMatchObject([{ outcome: 'aborted', status: 499 }]);
  expect(path.told).toMatchObject([{ kind: 'settled', outcome: { kind: 'aborted' } }]);
});

describe('a ledger whose answer is lost', () => {
  test('is told that nobody has taken the place that it may have given', async () => {
    const { url } = await startUpstream((response) => json(response, 200, completion('hi')));
    const path: RequestPath = new RequestPath(endpointsAt({ only: url }), {
      rpc: {
        async acquire(asks) {
          for (const ask of asks) path.ledger.place(ask, Date.now());
          throw new Error('connection lost');
        },
      },
    });
    const response = await path.serve(hello);
    expect([response.status, response.headers.get('x-route-reason')]).toEqual([
      200,
      'largest-on-time:ledger-unreachable',
    ]);
    await path.settled();
    expect(path.ledger.snapshot(Date.now()).endpoints.only).toMatchObject({ inFlight: 0 });
  });
});

test('the pace of choices that are generated side by side is that of one', async () => {
  const both = (content: string, finish_reason: string | null = null) => ({
    choices: [0, 1].map((index) => ({ index, delta: { content }, finish_reason })),
  });
  let rest = () => {};
  const { url } = await startUpstream((response) => {
    stream(response, both('a'));
    rest = () => response.end(events(both('b'), both('c', 'stop'), usage(6), '[DONE]'));
  });
  let nowMs = 0;
  const path = new RequestPath(endpointsAt({ only: url }), { clock: () => nowMs });
  const answer = await path.serve({ ...hello, n: 2, stream: true });
  nowMs = 100;
  rest();
  await answer.text();
  expect(path.records).toMatchObject([{ outputTokens: 3, ttftMs: 0, tpotMs: 50, e2eMs: 100 }]);
});

describe('an endpoint’s count of tokens that is none', () => {
  test.each([
    '{"prompt_tokens":1,"completion_tokens":"many"}',
    '{"prompt_tokens":1,"completion_tokens":1e400}',
  ])('%s is not handed on, and spoils no estimate', async (said) => {
    const { url } = await startUpstream((response, { body }) => {
      if (JSON.parse(body).stream === true)
        stream(response, chunk('a'), chunk('', 'stop'), `{"choices":[],"usage":${said}}`, '[DONE]');
      else response.write(JSON.stringify(completion('a', { usage: '?' })).replace('"?"', said));
      response.end();
    });
    const path = new RequestPath(endpointsAt({ only: url }));
    const before = path.ledger.snapshot(Date.now()).lengths.chat;
    expect(await (await path.serve(hello)).json()).not.toHaveProperty('usage');
    const streamed = await path.serve({ ...hello, stream: true, stream_options: { include_usage: true } });
    expect(await streamed.text()).not.toContain('_tokens');
    await path.settled();
    const after = path.ledger.snapshot(Date.now()).lengths.chat!;
    expect([after.tokens, after.logVariance].every(Number.isFinite)).toBe(true);
    expect(after.tokens).toBeLessThan(before!.tokens);
    expect(path.records.map(({ outputTokens }) => outputTokens)).toEqual([0, 1]);
  });
});

describe('an answer without a word', () => {
  const endings: readonly (readonly [reason: string, asked: object])[] = [
    ['stop', { stop: ['H'] }],
    ['stop', { stop: 'H' }],
    ['length', { max_tokens: 1 }],
  ];
  const silent = () =>
    startUpstream((response, { body }) => {
      const { stream: streams, stop } = JSON.parse(body);
      const reason = stop === undefined ? 'length' : 'stop';
      if (streams !== true) return json(response, 200, completion('', {}, reason));
      stream(response, chunk(''), chunk('', reason), '[DONE]');
      response.end();
    });

  test.each(endings)('is an answer where the client’s own bound ended it: %s, %j', async (reason, asked) => {
    const { url } = await silent();
    const path = new RequestPath(endpointsAt({ only: url }));
    const whole = await path.serve({ ...hello, ...asked });
    expect(await whole.json()).toMatchObject({
      choices: [{ message: { content: '' }, finish_reason: reason }],
    });
    const streamed = await (await path.serve({ ...hello, ...asked, stream: true })).text();
    expect(streamed).toContain(`"finish_reason":"${reason}"`);
    expect(streamed).toMatch(/\[DONE\]\s*$/);
    expect(path.records.map(({ outcome }) => outcome)).toEqual(['served', 'served']);
  });
});
