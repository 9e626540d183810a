import {
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
  SageMakerRuntimeClient,
} from '@aws-sdk/client-sagemaker-runtime';
import { describe, expect, onTestFinished, test } from 'vitest';
import { localCredentials } from '../../infra/local/credentials.ts';
import { type Fault, Faults } from '../../infra/local/faults.ts';
import type { Fleet } from '../../infra/local/fleet.ts';
import { asking, eventsIn, startSmallFleet } from '../support/small-fleet.ts';

const path = '/openai/vllm/v1/chat/completions';

/** A fleet whose `vllm` endpoint has the fault coming, once. */
async function faulty(fault: Fault): Promise<Fleet> {
  const fleet = await startSmallFleet();
  fleet.faults.add({ endpoint: 'vllm', fault, times: 1 });
  return fleet;
}

function ask(fleet: Fleet, fields: object = {}, signal: AbortSignal | null = null): Promise<Response> {
  return fetch(fleet.url + path, { method: 'POST', body: asking(10, fields), signal });
}

/** What arrives of a body before it ends or breaks, and whether it broke. */
async function readAll(response: Response): Promise<{ text: string; broke: boolean }> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  try {
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) text += part.value;
    return { text, broke: false };
  } catch {
    return { text, broke: true };
  }
}

function tokensIn(text: string): number {
  return eventsIn(text).filter((event) => /"content":"[^"]/.test(event)).length;
}

describe('instead of an answer', () => {
  test.each([400, 429, 500, 503])('status %i, once', async (status) => {
    const fleet = await faulty({ kind: 'status', status, retryAfterS: 3 });
    const response = await ask(fleet);
    expect(response.status).toBe(status);
    expect(response.headers.get('retry-after')).toBe('3');
    expect(await response.json()).toMatchObject({ error: { code: status } });
    expect((await ask(fleet)).status).toBe(200);
  });

  test('a context that is too long', async () => {
    const response = await ask(await faulty({ kind: 'context-exceeded' }));
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('maximum context length is 2048 tokens');
  });

  test('a reset', async () => {
    const error = await ask(await faulty({ kind: 'reset' })).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ cause: { code: 'ECONNRESET' } });
  });

  test.each(['request', 'headers'] as const)(
    'silence after the %s, until the client leaves',
    async (after) => {
      const fleet = await faulty({ kind: 'silence', after });
      const leaving = new AbortController();
      const asked = ask(fleet, { stream: true }, leaving.signal);
      if (after === 'headers') expect((await asked).status).toBe(200);
      await expect.poll(() => fleet.requests.records).toHaveLength(1);
      expect(fleet.requests.records[0]).toMatchObject({ outcome: 'pending', tokens: 0 });
      leaving.abort();
      await asked.catch(() => {});
      await expect.poll(() => fleet.requests.records[0]?.outcome).toBe('aborted');
    },
  );
});

describe('in a stream', () => {
  async function stream(fault: Fault) {
    const fleet = await faulty(fault);
    return {
      ...(await readAll(await ask(fleet, { stream: true }))),
      outcome: fleet.requests.records[0]?.outcome,
    };
  }

  test('cut after some tokens: the body breaks', async () => {
    const { text, broke, outcome } = await stream({ kind: 'cut', afterTokens: 4 });
    expect(broke).toBe(true);
    expect(tokensIn(text)).toBe(4);
    expect(outcome).toBe('broken');
  });

  test('an early end: the body is complete, the answer is not', async () => {
    const { text, broke } = await stream({ kind: 'end', afterTokens: 4 });
    expect(broke).toBe(false);
    expect(tokensIn(text)).toBe(4);
    expect(text).not.toContain('[DONE]');
    expect(text).not.toContain('"finish_reason":"stop"');
  });

  test('an end before the first token', async () => {
    expect(await stream({ kind: 'end', afterTokens: 0 })).toMatchObject({ text: '', broke: false });
  });

  test('a malformed chunk among good ones', async () => {
    const { text } = await stream({ kind: 'malformed', afterTokens: 4 });
    const bad = eventsIn(text).indexOf('{"id":"chatcmpl-');
    expect(bad).toBe(1 + 4);
    expect(tokensIn(text)).toBe(10);
  });

  test('no [DONE]', async () => {
    const { text } = await stream({ kind: 'no-done' });
    expect(text).toContain('"finish_reason":"stop"');
    expect(text).not.toContain('[DONE]');
  });

  test('an error object', async () => {
    const { text } = await stream({ kind: 'error-inside', afterTokens: 2 });
    expect(tokensIn(text)).toBe(2);
    expect(JSON.parse(eventsIn(text).at(-2) ?? '')).toMatchObject({ error: { code: 500 } });
  });

  test('nothing in it', async () => {
    const { text } = await stream({ kind: 'empty' });
    expect(tokensIn(text)).toBe(0);
    expect(text).toContain('"finish_reason":"stop"');
  });

  test('a stall holds the connection, and gives the place back', async () => {
    const fleet = await faulty({ kind: 'stall', afterTokens: 2 });
    const leaving = new AbortController();
    const reader = (await ask(fleet, { stream: true }, leaving.signal)).body?.getReader();
    let text = '';
    while (tokensIn(text) < 2) text += new TextDecoder().decode((await reader?.read())?.value);
    await expect.poll(() => fleet.load('vllm').running).toBe(0);
    expect(fleet.requests.records[0]).toMatchObject({ outcome: 'broken', tokens: 2 });
    leaving.abort();
  });

  test('a slow first token is that late, a slow rate that slow', async () => {
    const late = await timed({ kind: 'slow-first-token', delayMs: 120 });
    expect(late.firstMs).toBeGreaterThanOrEqual(119);
    const slow = await timed({ kind: 'slow-tokens', tokensPerSecond: 50 });
    expect(slow.totalMs).toBeGreaterThanOrEqual(9 * 20 - 1);
    expect(tokensIn(slow.text)).toBe(10);
  });

  async function timed(fault: Fault) {
    const fleet = await faulty(fault);
    const startMs = performance.now();
    const reader = (await ask(fleet, { stream: true })).body?.getReader();
    const first = await reader?.read();
    const firstMs = performance.now() - startMs;
    let text = new TextDecoder().decode(first?.value);
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read())
      text += new TextDecoder().decode(part.value);
    return { firstMs, totalMs: performance.now() - startMs, text };
  }
});

describe('in a whole answer', () => {
  async function whole(fault: Fault) {
    return readAll(await ask(await faulty(fault)));
  }

  test.each(['cut', 'end', 'malformed'] as const)('%s: no JSON', async (kind) => {
    const { text, broke } = await whole({ kind, afterTokens: 1 });
    expect(broke).toBe(kind === 'cut');
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
  });

  test('an error object in a 200', async () => {
    expect(JSON.parse((await whole({ kind: 'error-inside', afterTokens: 0 })).text)).toMatchObject({
      error: { code: 500 },
    });
  });

  test('no content', async () => {
    expect(JSON.parse((await whole({ kind: 'empty' })).text)).toMatchObject({
      choices: [{ message: { content: '' }, finish_reason: 'stop' }],
    });
  });
});

describe('SageMaker', () => {
  async function client(fault: Fault): Promise<SageMakerRuntimeClient> {
    const fleet = await startSmallFleet();
    fleet.faults.add({ endpoint: 'aws', fault });
    const { url: endpoint } = fleet;
    const options = { region: 'eu-west-1', endpoint, credentials: localCredentials, maxAttempts: 1 };
    const made = new SageMakerRuntimeClient(options);
    onTestFinished(() => made.destroy());
    return made;
  }

  const input = { EndpointName: 'aws', Body: asking(10, { stream: true }) };

  /** The text before a stream fails, and the failure. */
  async function failing(fault: Fault): Promise<{ text: string; error: unknown }> {
    const { Body } = await (await client(fault)).send(new InvokeEndpointWithResponseStreamCommand(input));
    let text = '';
    try {
      for await (const event of Body ?? [])
        text += Buffer.from(event.PayloadPart?.Bytes ?? []).toString('latin1');
    } catch (error) {
      return { text, error };
    }
    throw new Error('the stream did not fail');
  }

  test.each([
    [{ status: 429 }, 'ThrottlingException', 400],
    [{ status: 503 }, 'ServiceUnavailable', 503],
    [{ status: 500 }, 'ModelError', 424],
    [{ status: 400 }, 'ModelError', 424],
    [{ status: 500, code: 'InternalDependencyException' }, 'InternalDependencyException', 530],
    [{ status: 500, code: 'InternalFailure' }, 'InternalFailure', 500],
    [{ status: 429, code: 'ModelNotReadyException' }, 'ModelNotReadyException', 429],
  ])('status %j is %s', async (fields, name, httpStatusCode) => {
    const call = (await client({ kind: 'status', ...fields })).send(new InvokeEndpointCommand(input));
    await expect(call).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
  });

  test.each(['ModelStreamError', 'InternalStreamFailure'] as const)(
    'an exception frame: %s',
    async (exception) => {
      const { text, error } = await failing({ kind: 'exception-frame', exception, afterTokens: 3 });
      expect(tokensIn(text)).toBe(3);
      expect(error).toMatchObject({ name: exception });
    },
  );

  test.each([
    ['bad-crc', /checksum/i],
    ['truncated', /.*/],
  ] as const)('a damaged frame: %s', async (how, message) => {
    const { text, error } = await failing({ kind: 'damaged-frame', how, afterTokens: 3 });
    expect(tokensIn(text)).toBe(3);
    expect(String(error)).toMatch(message);
  });
});

test('Workers AI fails with the codes of its platform', async () => {
  const fleet = await startSmallFleet();
  const body = JSON.stringify({ model: '@cf/older', inputs: JSON.parse(asking(1)) });
  const failure = async (fault: Fault) => {
    fleet.faults.add({ endpoint: 'older', fault, times: 1 });
    const response = await fetch(`${fleet.url}/workers-ai/run`, { method: 'POST', body });
    return { status: response.status, text: await response.text() };
  };
  expect((await failure({ kind: 'status', status: 429 })).text).toContain(
    '"internalCode":3040,"name":"InferenceUpstreamError","description":"Capacity temporarily exceeded, please try again."',
  );
  expect((await failure({ kind: 'status', status: 429, code: '3036' })).text).toContain(
    '"internalCode":3036',
  );
  expect(await failure({ kind: 'status', status: 500 })).toEqual({ status: 500, text: 'error code: 500' });
});

test('rules apply to their endpoint and model, oldest first, as often as they say', () => {
  const faults = new Faults();
  const reset = { kind: 'reset' } as const;
  const empty = { kind: 'empty' } as const;
  faults.add({ endpoint: 'a', model: 'm', fault: reset, times: 2 });
  faults.add({ endpoint: 'a', fault: empty });
  expect(faults.take('b', 'm')).toBeUndefined();
  expect(faults.take('a', 'n')).toBe(empty);
  expect([faults.take('a', 'm'), faults.take('a', 'm'), faults.take('a', 'm')]).toEqual([
    reset,
    reset,
    empty,
  ]);
  faults.clear('b');
  expect(faults.rules).toHaveLength(1);
  faults.clear();
  expect(faults.take('a', 'm')).toBeUndefined();
});

test('a client that does not read stops the writer, not the GPU', async () => {
  const fleet = await startSmallFleet({ speed: 100 });
  // Some 20 MB, more than the buffers of two sockets.
  const body = asking(1_900, { stream: true, n: 4, logprobs: true, top_logprobs: 20 });
  const response = await fetch(fleet.url + path, { method: 'POST', body });
  await expect.poll(() => fleet.load('vllm').running, { timeout: 5_000 }).toBe(0);
  expect(fleet.requests.records[0]).toMatchObject({
    outcome: 'pending',
    tokens: expect.toSatisfy(isPartOf(4 * 1_900)),
  });
  expect(tokensIn((await readAll(response)).text)).toBe(4 * 1_900);
});

function isPartOf(whole: number): (part: number) => boolean {
  return (part) => part > 0 && part < whole;
}
