import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { limits } from '../../src/limits.ts';
import { everyBackend, variantIds } from '../support/every-backend.ts';
import { errorIn, lastAt, post, routeOf, startGateway } from '../support/gateway.ts';
import { exchange, head, open } from '../support/raw-http.ts';

const gateway = await startGateway(everyBackend);
afterAll(gateway.stop);

const chat = '/v1/chat/completions';
const messages = [{ role: 'user', content: 'Answer in exactly 3 tokens.' }];
const good = { model: 'openai', messages };

afterEach(async () => {
  gateway.fleet.faults.clear();
  gateway.fleet.requests.clear();
  const response = await post(gateway.url, chat, good);
  expect(response.status, 'the gateway still serves').toBe(200);
  await response.text();
});

/** Expects a refusal that blames the field, and that no model has seen the request. */
async function expectRefusal(response: Response, param: string, status = 400): Promise<string> {
  const error = await errorIn(response);
  expect({ status: response.status, param: error.param }, error.message).toEqual({ status, param });
  expect(error.type).toBe('invalid_request_error');
  expect(error.message).toContain(param);
  expect(response.headers.get('x-request-id')).toMatch(/^[\w.-]{1,128}$/);
  return error.message;
}

describe('a field that is wrong', () => {
  const user = (content: unknown) => ({ messages: [{ role: 'user', content }] });
  const long = 'word '.repeat(16_384);
  test.each<[param: string, fields: object, status?: number]>([
    ['model', { model: undefined }],
    ['model', { model: 5 }],
    ['model', { model: null }],
    ['model', { model: '' }],
    ['model', { model: 'm'.repeat(limits.nameCharacters + 1) }],
    ['model', { model: 'gpt-0' }, 404],
    ['model', { model: '__proto__' }, 404],
    ['model', { model: 'openai\u0000' }, 404],
    ['messages', { messages: undefined }],
    ['messages', { messages: null }],
    ['messages', { messages: 'hello' }],
    ['messages', { messages: {} }],
    ['messages', { messages: [] }],
    ['messages', { messages: Array(limits.messages + 1).fill(messages[0]) }],
    ['messages[0]', { messages: ['hello'] }],
    ['messages[0]', { messages: [null] }],
    ['messages[1].role', { messages: [...messages, { content: 'hi' }] }],
    ['messages[0].role', { messages: [{ role: 'robot', content: 'hi' }] }],
    ['messages[0].content', { messages: [{ role: 'user' }] }],
    ['messages[0].content', user(null)],
    ['messages[0].content', user(7)],
    ['messages[0].content', user([])],
    ['messages[0].content', user(['hi'])],
    ['messages[0].content', user([{ type: 'text', text: 7 }])],
    ['messages[0].content[0].text', user([{ type: 'text' }])],
    ['messages[0].tool_calls', { messages: [{ role: 'assistant', tool_calls: 'none' }] }],
    ['stream', { stream: 'yes' }],
    ['stream_options', { stream: true, stream_options: true }],
    ['stream_options', { stream_options: { include_usage: true } }],
    ['stream_options.include_usage', { stream: true, stream_options: { include_usage: 1 } }],
    ['max_tokens', { max_tokens: '100' }],
    ['max_tokens', { max_tokens: 0 }],
    ['max_tokens', { max_tokens: -1 }],
    ['max_tokens', { max_tokens: 1.5 }],
    ['max_completion_tokens', { max_completion_tokens: [] }],
    ['n', { n: 'two' }],
    ['n', { n: 0 }],
    ['n', { n: limits.choices + 1 }],
    ['temperature', { temperature: 'hot' }],
    ['temperature', { temperature: -0.1 }],
    ['temperature', { temperature: 2.1 }],
    ['top_p', { top_p: 1.1 }],
    ['frequency_penalty', { frequency_penalty: -3 }],
    ['presence_penalty', { presence_penalty: true }],
    ['seed', { seed: 1.5 }],
    ['seed', { seed: 2 ** 53 }],
    ['stop', { stop: 5 }],
    ['stop', { stop: ['a', 5] }],
    ['stop', { stop: Array(17).fill('a') }],
    ['tools', { tools: {} }],
    ['tools[0]', { tools: ['get_weather'] }],
    ['tools[0].type', { tools: [{ function: { name: 'a' } }] }],
    ['tools[0].function', { tools: [{ type: 'function' }] }],
    ['tools[0].function.name', { tools: [{ type: 'function', function: { name: 5 } }] }],
    ['tool_choice', { tool_choice: 5 }],
    ['tool_choice', { tool_choice: 'required' }],
    ['tool_choice', { tools: [], tool_choice: { type: 'function', function: { name: 'a' } } }],
    ['parallel_tool_calls', { parallel_tool_calls: 'no' }],
    ['response_format', { response_format: 'json' }],
    ['response_format.type', { response_format: {} }],
    ['response_format.json_schema', { response_format: { type: 'json_schema' } }],
    ['logprobs', { logprobs: 3 }],
    ['top_logprobs', { logprobs: true, top_logprobs: 21 }],
    ['metadata', { metadata: 'chat' }],
    ['metadata.task', { metadata: { task: 5 } }],
    ['metadata.task', { metadata: { task: 'poetry' } }],
    ['metadata.task', { metadata: { task: 'constructor' } }],
    ['service_tier', { service_tier: 'gold' }],
    ['service_tier', { service_tier: '__proto__' }],
    ['user', { user: 5 }],
    ['messages', user(long)],
    ['messages', { tools: [{ type: 'function', function: { name: 'a', description: long } }] }],
    ['max_tokens', { max_tokens: 8_192 }],
    ['max_completion_tokens', { max_completion_tokens: 1e9 }],
    ['model', { model: 'workers-ai-older', logprobs: true }],
    ['model', { model: 'workers-ai-older', n: 2 }],
    ['model', user([{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }])],
    ['model', user([{ type: 'video_url', video_url: { url: 'https://example.com/a.mp4' } }])],
    ['model', user([{ type: 'file', file: { file_id: 'file-1' } }])],
  ])('%s: %j', async (param, fields, status) => {
    const before = gateway.fleet.requests.records.length;
    const response = await post(gateway.url, chat, { ...good, ...fields });
    await expectRefusal(response, param, status);
    expect(gateway.fleet.requests.records).toHaveLength(before);
  });

  test('the error of an unknown task lists the known ones', async () => {
    const message = await expectRefusal(
      await post(gateway.url, chat, good, { 'x-task': 'poetry' }),
      'x-task',
    );
    expect(message).toContain('chat, code');
    expect(message).toContain('poetry');
  });

  test('what only the model server knows to be wrong is named as well', async () => {
    const response = await post(gateway.url, chat, { ...good, response_format: { type: 'rhyme' } });
    expect([response.status, (await errorIn(response)).param]).toEqual([400, 'response_format.type']);
  });

  test('a part of a message that no model knows is refused by the model, in its words', async () => {
    const response = await post(gateway.url, chat, { ...good, ...user([{ type: 'hologram' }]) });
    const { message, type } = await errorIn(response);
    expect([response.status, type, message]).toEqual([
      400,
      'invalid_request_error',
      expect.stringContaining('Unknown part type: hologram'),
    ]);
  });

  test('POST /v1/route refuses as the completion would', async () => {
    await expectRefusal(await post(gateway.url, '/v1/route', { ...good, n: 0 }), 'n');
    await expectRefusal(await post(gateway.url, '/v1/route', '{'), 'body');
  });
});

describe('a header that is wrong', () => {
  const slo = ['ttft', 'tpot', 'e2e'].flatMap((bound) =>
    ['x-slo', 'x-llm-d-slo'].flatMap((family) =>
      ['-5', '0', '-0', 'soon', '', '1e3', '0x10', 'NaN', 'Infinity', '1 s', '100, 200', '3600001'].map(
        (value): [string, string] => [`${family}-${bound}-ms`, value],
      ),
    ),
  );
  test.each<[name: string, value: string]>([
    ...slo,
    ['x-min-quality', '-0.1'],
    ['x-min-quality', '1.1'],
    ['x-min-quality', 'best'],
    ['x-min-quality', '0.5, 0.6'],
    ['x-min-quality', '1'],
    ['x-litellm-min-quality-tier', '-1'],
    ['x-litellm-min-quality-tier', '1.5'],
    ['x-litellm-min-quality-tier', 'gold'],
    ['x-litellm-min-quality-tier', '99'],
    ['x-task', 'poetry'],
    ['x-task', ''],
    ['x-task', '__proto__'],
    ['x-task', 'chat, chat'],
    ['x-task', 'a'.repeat(10_000)],
    ['x-request-id', ''],
    ['x-request-id', 'two words'],
    ['x-request-id', 'a%0d%0ab'],
    ['x-request-id', 'a, b'],
    ['x-request-id', '<script>'],
    ['x-request-id', 'a'.repeat(129)],
  ])('%s: %j', async (name, value) => {
    await expectRefusal(await post(gateway.url, chat, good, { [name]: value }), name);
  });

  test('a deadline that contradicts its twin', async () => {
    for (const bound of ['ttft', 'tpot', 'e2e']) {
      const headers = { [`x-slo-${bound}-ms`]: '100', [`x-llm-d-slo-${bound}-ms`]: '200' };
      await expectRefusal(await post(gateway.url, chat, good, headers), `x-slo-${bound}-ms`);
    }
  });

  test('a task that contradicts metadata.task', async () => {
    const response = await post(
      gateway.url,
      chat,
      { ...good, metadata: { task: 'code' } },
      { 'x-task': 'chat' },
    );
    await expectRefusal(response, 'x-task');
  });
});

describe('a body that is wrong', () => {
  const withField = (text: string) => `${JSON.stringify(good).slice(0, -1)},${text}}`;
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  test.each<[what: string, param: string, body: string]>([
    ['empty', 'body', ''],
    ['half an object', 'body', '{"model":'],
    ['something behind the object', 'body', `${JSON.stringify(good)}x`],
    ['single quotes', 'body', "{'model':'auto'}"],
    ['a comment', 'body', '{} // model'],
    ['null', 'body', 'null'],
    ['an array', 'body', '[]'],
    ['a number', 'body', '5'],
    ['a string', 'body', '"auto"'],
    ['UTF-16', 'body', [...JSON.stringify(good)].join('\u0000')],
    ['a field given twice', 'model', withField('"model":"auto"')],
    ['a field given twice, once escaped', 'model', withField('"mod\\u0065l":"auto"')],
    ['a nested field given twice', 'metadata.task', withField('"metadata":{"task":"chat","task":"code"}')],
    ['a deeply nested field given twice', 'a[1].b.c', withField('"a":[0,{"b":{"c":1,"c":1}}]')],
    ['__proto__ given twice', '__proto__', withField('"__proto__":1,"__proto__":2')],
    ['a number beyond the doubles', 'temperature', withField('"temperature":1e400')],
    ['such a number in a field of the endpoint’s', 'min_p', withField('"min_p":-1e400')],
    ['half a surrogate pair', 'user', withField('"user":"\\ud800"')],
    ['such in a field of the endpoint’s', 'a.b[0]', withField('"a":{"b":["\\udc00"]}')],
    ['nesting of 101 levels', 'a[0][0][0][0][0][0][0]', withField(`"a":${nested(101)}`)],
    ['nesting without end', '[0][0][0][0][0][0][0][0]', nested(1_000_000)],
    ['100,000 messages', 'messages', `{"model":"auto","messages":[${'{},'.repeat(99_999)}{}]}`],
  ])('%s', async (_what, param, body) => {
    await expectRefusal(await post(gateway.url, chat, body), param);
  });

  const send = (body: NonNullable<RequestInit['body']>) =>
    fetch(`${gateway.url}${chat}`, { method: 'POST', body, duplex: 'half' });
  const tooLong = new Uint8Array(limits.bodyBytes + 1).fill(0x20);

  test('longer than the limit, as its length says', async () => {
    await expectRefusal(await send(tooLong), 'body', 413);
  });

  test('longer than the limit, which nothing says beforehand', async () => {
    const body = new ReadableStream({
      start(controller) {
        for (let at = 0; at < tooLong.length; at += 65_536)
          controller.enqueue(tooLong.subarray(at, at + 65_536));
        controller.close();
      },
    });
    await expectRefusal(await send(body), 'body', 413);
  });

  test.each([
    ['a byte of no character', [0xff]],
    ['half a character', [0xc3]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate in UTF-8', [0xed, 0xa0, 0x80]],
  ])('not UTF-8: %s', async (_what, bytes) => {
    const [before = '', after = ''] = JSON.stringify({ ...good, user: '?' }).split('?');
    const body = Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
    await expectRefusal(await send(body), 'body');
  });

  test('compressed, as its header says', async () => {
    const encoding = { 'content-encoding': 'gzip' };
    const response = await post(gateway.url, chat, good, encoding);
    expect(response.headers.get('accept-encoding')).toBe('identity');
    await expectRefusal(response, 'content-encoding', 415);
  });

  test('compressed, which nobody announced', async () => {
    const zipped = new Blob([JSON.stringify(good)]).stream().pipeThrough(new CompressionStream('gzip'));
    await expectRefusal(await send(await new Response(zipped).arrayBuffer()), 'body');
  });
});

describe('surprises that do no harm', () => {
  test.each([
    '',
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=utf-16',
    'image/png',
  ])('content-type %j: what counts is what is in the body', async (type) => {
    expect((await post(gateway.url, chat, good, { 'content-type': type })).status).toBe(200);
  });

  test('names of the prototype are names like others', async () => {
    const body =
      '{"__proto__":{"stream":true,"model":"gpt-0"},"constructor":{"prototype":{"stream":true}},"toString":1,' +
      `"metadata":{"__proto__":"x","hasOwnProperty":"y"},${JSON.stringify(good).slice(1)}`;
    const response = await post(gateway.url, chat, body);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(lastAt(gateway, 'openai').body).not.toHaveProperty('stream');
    const { request } = await routeOf(gateway.url, good);
    expect(request.task).toBe('chat');
  });

  test('a byte order mark is no part of the text', async () => {
    expect((await post(gateway.url, chat, `\ufeff${JSON.stringify(good)}`)).status).toBe(200);
  });

  test('nulls mean that a field is absent', async () => {
    const nulls = {
      stream: null,
      temperature: null,
      tools: null,
      metadata: null,
      service_tier: null,
      stop: null,
    };
    expect((await post(gateway.url, chat, { ...good, ...nulls })).status).toBe(200);
  });
});

describe('paths and methods', () => {
  test.each([
    ['GET', chat, 'POST'],
    ['PUT', chat, 'POST'],
    ['DELETE', chat, 'POST'],
    ['OPTIONS', chat, 'POST'],
    ['GET', '/v1/route', 'POST'],
    ['POST', '/v1/models', 'GET, HEAD'],
    ['DELETE', '/v1/models/openai', 'GET, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'],
  ])('%s %s is not allowed', async (method, path, allow) => {
    const response = await fetch(`${gateway.url}${path}`, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
    expect((await errorIn(response)).code).toBe('method_not_allowed');
  });

  test.each([
    '/',
    '/v1',
    '/v1/',
    '/v2/chat/completions',
    `${chat}/`,
    '/v1//models',
    '/v1/models/',
    '/%',
    '/v1/models/%E0%A4%A',
    '/v1/models/%00',
    '/v1/models/..%2f..',
    '/v1/models/__proto__',
  ])('GET %s is not found', async (path) => {
    const { status, body } = await exchange(
      gateway.url,
      `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`,
    );
    expect([status, body]).toEqual([404, expect.stringContaining('"invalid_request_error"')]);
  });
});

test('a client whose base address lacks /v1 is told the routes there are', async () => {
  const response = await post(gateway.url, '/chat/completions', good);
  const { message } = await errorIn(response);
  expect([response.status, message]).toEqual([
    404,
    expect.stringMatching(/GET \/v1\/models\/\{id\}, POST \/v1\/chat\/completions/),
  ]);
});

describe('a gateway that is open', () => {
  test.each(['gateway.example.com', '192.168.1.2:8787', '127.0.0.1.example.com', 'localhost.example.com'])(
    'serves its own machine only, not %s',
    async (host) => {
      const request = `GET /v1/models HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`;
      const { status, body } = await exchange(gateway.url, request);
      expect([status, body]).toEqual([403, expect.stringContaining('"open_mode_is_local"')]);
    },
  );

  test.each([
    'x-forwarded-host: localhost',
    'x-forwarded-for: 127.0.0.1',
    'forwarded: for=127.0.0.1;host=localhost',
  ])('believes no one who says %s', async (line) => {
    const request = `GET /v1/models HTTP/1.1\r\nhost: gateway.example.com\r\n${line}\r\nconnection: close\r\n\r\n`;
    expect((await exchange(gateway.url, request)).status).toBe(403);
  });

  test('does not serve the pages of others', async () => {
    const response = await post(gateway.url, chat, good, { origin: 'https://example.com' });
    expect([response.status, (await errorIn(response)).code]).toEqual([403, 'origin_not_allowed']);
  });
});

describe('bytes that no HTTP client sends', () => {
  const text = JSON.stringify(good);
  const length = `content-length: ${text.length}`;
  test.each<[what: string, status: number, lines: readonly string[]]>([
    ['a bare CR in a header', 400, [length, 'x-task: chat\rx-min-quality: 7']],
    ['a NUL in a header', 400, [length, 'x-task: ch\u0000at']],
    ['a folded header', 400, [length, 'x-task: ch\r\n at']],
    ['a blank before the colon', 400, [length, 'x-task : chat']],
    ['a header without a name', 400, [length, ': chat']],
    ['two lengths', 400, [length, 'content-length: 3']],
    ['a negative length', 400, ['content-length: -1']],
    ['a length that is no number', 400, ['content-length: ten']],
    ['a header of 2 MB', 431, [length, `x-task: ${'a'.repeat(2_000_000)}`]],
  ])('%s', async (_what, status, lines) => {
    expect((await exchange(gateway.url, head(chat, lines) + text)).status).toBe(status);
  });

  test('a bare LF in a header is the end of the header, and what follows is checked as the next', async () => {
    const { status, body } = await exchange(
      gateway.url,
      head(chat, [length, 'x-task: chat\nx-min-quality: 7']) + text,
    );
    expect([status, JSON.parse(body).error.param]).toEqual([400, 'x-min-quality']);
  });

  test('nothing of a client’s header gets into the header of the answer', async () => {
    const { status, headers } = await exchange(
      gateway.url,
      head(chat, [length, 'x-request-id: a\\r\\nset-cookie: b=c']) + text,
    );
    expect([status, headers.get('set-cookie')]).toEqual([400, undefined]);
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('a client that goes away', () => {
  const asksLong = (model: string) => ({
    model,
    max_tokens: 5_000,
    messages: [{ role: 'user', content: 'Answer in exactly 5000 tokens.' }],
  });

  /**
   * Sends, waits until the endpoint has the request, and leaves. Outside the platform workerd tells nobody that a
   * client has left before its answer began, so the endpoint may finish; the place is given back all the same.
   */
  async function leaveWaiting(body: object): Promise<void> {
    const controller = new AbortController();
    const answer = fetch(`${gateway.url}${chat}`, {
      method: 'POST',
      body: JSON.stringify(body),
      signal: controller.signal,
    });
    await expect.poll(() => gateway.fleet.requests.records.length).toBe(1);
    controller.abort();
    await expect(answer).rejects.toThrow();
    await gateway.idle();
  }

  test('while it sends its body', async () => {
    const before = gateway.fleet.requests.records.length;
    const socket = await open(gateway.url);
    socket.write(`${head(chat, ['content-length: 1000'])}{"model":`);
    socket.destroy();
    await post(gateway.url, chat, good);
    expect(gateway.fleet.requests.records).toHaveLength(before + 1);
    await gateway.idle();
  });

  test('while others ask for a place together with it', async () => {
    const leaving = new AbortController();
    const requests = Array.from({ length: 30 }, (_, index) =>
      fetch(`${gateway.url}${chat}`, {
        method: 'POST',
        body: JSON.stringify(good),
        signal: index % 3 === 0 ? leaving.signal : null,
      }),
    );
    const leavers = requests.filter((_, index) => index % 3 === 0);
    const stayers = requests.filter((_, index) => index % 3 !== 0);
    const left = Promise.allSettled(leavers);
    await Promise.race(stayers);
    leaving.abort();
    for (const { status, headers } of await Promise.all(stayers))
      expect([status, headers.get('x-route-reason')]).toEqual([200, 'pinned:first-choice']);
    await left;
    await gateway.idle();
  });

  test.each(variantIds)('while it waits for an answer: %s', async (model) => {
    gateway.fleet.faults.add({ endpoint: model, fault: { kind: 'slow-first-token', delayMs: 300 } });
    await leaveWaiting({ model, messages });
  });

  test.each(variantIds)('while it waits for the first token of a stream: %s', async (model) => {
    gateway.fleet.faults.add({ endpoint: model, fault: { kind: 'slow-first-token', delayMs: 300 } });
    await leaveWaiting({ model, messages, stream: true });
  });

  test.each(variantIds)('in the middle of a stream: %s', async (model) => {
    gateway.fleet.faults.add({ endpoint: model, fault: { kind: 'slow-tokens', tokensPerSecond: 20 } });
    const controller = new AbortController();
    const response = await fetch(`${gateway.url}${chat}`, {
      method: 'POST',
      body: JSON.stringify({ ...asksLong(model), stream: true }),
      signal: controller.signal,
    });
    await response.body?.getReader().read();
    expect((await routeOf(gateway.url, good)).ranking.find(({ variant }) => variant === model)).toMatchObject(
      {
        load: { inFlight: 1 },
      },
    );
    controller.abort();
    await expect.poll(() => lastAt(gateway, model).outcome, { timeout: 3_000 }).toBe('aborted');
    await gateway.idle();
  });
});
