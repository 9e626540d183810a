import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { Fault } from '../../infra/local/faults.ts';
import { errorIn, eventsOf, post, type Route, routeOf, startGateway } from '../support/gateway.ts';
import { first, routingFixture, spare } from '../support/routing-fixture.ts';

/** Faults before the first byte, and what the gateway calls them. */
const early: Readonly<Record<string, { readonly fault: Fault; readonly called: string }>> = {
  throttle: { fault: { kind: 'status', status: 429, retryAfterS: 0 }, called: 'throttled' },
  'server-error': { fault: { kind: 'status', status: 500 }, called: 'failed' },
  unavailable: { fault: { kind: 'status', status: 503 }, called: 'unavailable' },
  'bad-gateway': { fault: { kind: 'status', status: 502 }, called: 'unavailable' },
  credentials: { fault: { kind: 'status', status: 401 }, called: 'misconfigured' },
  reset: { fault: { kind: 'reset' }, called: 'unavailable' },
  silence: { fault: { kind: 'silence', after: 'request' }, called: 'timeout' },
  'silent-headers': { fault: { kind: 'silence', after: 'headers' }, called: 'timeout' },
  slow: { fault: { kind: 'slow-first-token', delayMs: 30_000 }, called: 'timeout' },
  empty: { fault: { kind: 'empty' }, called: 'empty' },
  malformed: { fault: { kind: 'malformed', afterTokens: 0 }, called: 'malformed' },
  'error-inside': { fault: { kind: 'error-inside', afterTokens: 0 }, called: 'failed' },
  'too-long': { fault: { kind: 'context-exceeded' }, called: 'context-exceeded' },
};

/** Faults in the middle of a stream, and the code of the event that ends it. */
const late: Readonly<Record<string, { readonly fault: Fault; readonly code: string }>> = {
  cut: { fault: { kind: 'cut', afterTokens: 3 }, code: 'endpoint_truncated' },
  end: { fault: { kind: 'end', afterTokens: 3 }, code: 'endpoint_truncated' },
  stall: { fault: { kind: 'stall', afterTokens: 3 }, code: 'endpoint_timeout' },
  garbage: { fault: { kind: 'malformed', afterTokens: 3 }, code: 'endpoint_malformed' },
  'late-error': { fault: { kind: 'error-inside', afterTokens: 3 }, code: 'endpoint_failed' },
};

const gateway = await startGateway(
  routingFixture([
    ...Object.keys(early).flatMap((name) => [name, `${name}-stream`]),
    ...Object.keys(late),
    'no-done',
    'all-fail',
    'rejecting',
    'cooling',
  ]),
);
afterAll(gateway.stop);

const chat = '/v1/chat/completions';
const says = (content: string) => [{ role: 'user', content }];
const messages = says('Answer in exactly 6 tokens.');
const ask = (body: object, headers: Readonly<Record<string, string>> = {}) =>
  post(gateway.url, chat, { messages, ...body }, headers);
const route = (body: object = {}, headers: Readonly<Record<string, string>> = {}) =>
  routeOf(gateway.url, { model: 'auto', messages, ...body }, headers);
const seenAt = (endpoint: string) =>
  gateway.fleet.requests.records.filter((record) => record.endpoint === endpoint).length;
const maskOf = ({ ranking }: Route, id: string) => ranking.find(({ variant }) => variant === id)?.masked;
const routed = ({ headers }: Response) =>
  ['endpoint', 'variant', 'reason'].map((what) => headers.get(`x-route-${what}`));

describe('who answers', () => {
  test('auto: the policy’s favourite', async () => {
    const response = await ask({ model: 'auto' });
    expect(routed(response)).toEqual(['large', 'large', 'shadow-price:first-choice']);
    expect(await response.json()).toMatchObject({ model: 'm-large' });
  });

  test.each([
    ['small', 'small'],
    ['small-short', 'small-short'],
    ['m-large', 'large'],
  ])('the variant or the model that is pinned: %s', async (model, variant) => {
    const response = await ask({ model });
    expect(routed(response).slice(1)).toEqual([variant, 'pinned:first-choice']);
    await response.text();
  });

  test('a pinned model leaves the choice among its variants', async () => {
    const { ranking } = await route({ model: 'm-small' });
    const open = ranking.filter(({ masked }) => masked === undefined);
    expect(open.map(({ variant }) => variant)).toEqual(['small', 'small-short']);
    const both = await route({ model: 'pair-cut' });
    expect(both.ranking.filter(({ masked }) => !masked).map(({ variant }) => variant)).toEqual([
      'cut-a',
      'cut-b',
    ]);
    expect(maskOf(both, 'large')).toBe('not-pinned');
  });

  test('the quality parameters of a variant go along, the gateway’s own fields do not', async () => {
    await ask({ model: 'small-short', max_tokens: 400, metadata: { task: 'chat' }, service_tier: 'flex' });
    const { body } = gateway.fleet.requests.records.findLast(({ endpoint }) => endpoint === 'small') ?? {};
    expect(body).toMatchObject({ model: 'small', max_tokens: 50 });
    expect(body).not.toHaveProperty('metadata');
    expect(body).not.toHaveProperty('service_tier');
  });
});

describe('hints, as POST /v1/route shows them', () => {
  test('without any, the default task’s entry applies', async () => {
    const { object, scorer, request, ranking } = await route();
    expect({ object, scorer }).toEqual({ object: 'route', scorer: 'shadow-price' });
    expect(request).toMatchObject({
      task: 'chat',
      class: 'standard',
      slo: { ttftMs: 2_000, tpotMs: 100 },
      minQuality: 0,
      promptTokens: 7,
      expectedOutputTokens: expect.any(Number),
      // p10, p50 and p90.
      outputTokenQuantiles: [expect.any(Number), expect.any(Number), expect.any(Number)],
    });
    const scores = ranking.filter(({ masked }) => !masked).map(({ score }) => score ?? -Infinity);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(ranking[0]).toMatchObject({ variant: 'large', endpoint: 'large', load: { inFlight: 0 } });
    expect(ranking[0]?.predicted.onTime).toBeGreaterThan(0.9);
  });

  test.each<[hint: string, body: object, headers: Readonly<Record<string, string>>, seen: object]>([
    [
      'x-task',
      {},
      { 'x-task': 'code' },
      { task: 'code', class: 'batch', slo: { e2eMs: 10_000 }, minQuality: 0.45 },
    ],
    ['metadata.task', { metadata: { task: 'code' } }, {}, { task: 'code', class: 'batch' }],
    ['both, alike', { metadata: { task: 'code' } }, { 'x-task': 'code' }, { task: 'code' }],
    ['x-slo-ttft-ms', {}, { 'x-slo-ttft-ms': '150' }, { slo: { ttftMs: 150, tpotMs: 100 } }],
    ['x-slo-tpot-ms', {}, { 'x-slo-tpot-ms': '12.5' }, { slo: { ttftMs: 2_000, tpotMs: 12.5 } }],
    ['x-slo-e2e-ms', {}, { 'x-slo-e2e-ms': '900' }, { slo: { ttftMs: 2_000, tpotMs: 100, e2eMs: 900 } }],
    ['x-llm-d-slo-ttft-ms', {}, { 'x-llm-d-slo-ttft-ms': '150' }, { slo: { ttftMs: 150, tpotMs: 100 } }],
    ['x-llm-d-slo-tpot-ms', {}, { 'x-llm-d-slo-tpot-ms': '9' }, { slo: { ttftMs: 2_000, tpotMs: 9 } }],
    [
      'twins, alike',
      {},
      { 'x-slo-ttft-ms': '150', 'x-llm-d-slo-ttft-ms': '150.0' },
      { slo: { ttftMs: 150, tpotMs: 100 } },
    ],
    ['x-min-quality', {}, { 'x-min-quality': '0.7' }, { minQuality: 0.7 }],
    ['service_tier priority', { service_tier: 'priority' }, {}, { class: 'interactive' }],
    ['service_tier auto', { service_tier: 'auto' }, { 'x-task': 'code' }, { class: 'standard' }],
    ['service_tier default', { service_tier: 'default' }, { 'x-task': 'code' }, { class: 'standard' }],
    ['service_tier flex', { service_tier: 'flex' }, {}, { class: 'batch' }],
    ['max_tokens', { max_tokens: 5 }, {}, { expectedOutputTokens: 5 }],
  ])('%s', async (_hint, body, headers, seen) => {
    expect((await route(body, headers)).request).toMatchObject(seen);
  });

  test('what a variant cannot do, and why', async () => {
    expect(maskOf(await route({}, { 'x-min-quality': '0.7' }), 'small')).toBe('below-quality-floor');
    expect(maskOf(await route({}, { 'x-litellm-min-quality-tier': '3' }), 'small')).toBe(
      'below-quality-floor',
    );
    const tools = [{ type: 'function', function: { name: 'add' } }];
    expect(maskOf(await route({ tools }), 'small')).toBe('lacks-ability');
    expect(maskOf(await route({ messages: says('x'.repeat(20_000)) }), 'large')).toBe('context-too-short');
  });

  test('a generous bound on output does not leave only the variants that say least', async () => {
    const answer = await route({ model: 'auto', max_tokens: 7_000 });
    expect(maskOf(answer, 'small-short')).toBe(maskOf(answer, 'small'));
    const response = await ask({ model: 'm-small', max_tokens: 9_000 });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { param: 'max_tokens', code: 'context_length_exceeded' },
    });
  });

  test('a deadline nobody can keep makes nobody likely to keep it', async () => {
    const { ranking } = await route({}, { 'x-slo-ttft-ms': '0.01' });
    for (const { predicted } of ranking) expect(predicted.onTime).toBeLessThan(0.01);
  });

  test('asking reaches no endpoint and takes no place', async () => {
    const before = gateway.fleet.requests.records.length;
    await route();
    expect(gateway.fleet.requests.records).toHaveLength(before);
    await gateway.idle();
  });
});

describe('what an answer says about itself', () => {
  test.each([false, true])('x-request-id comes back, or is made (streamed: %s)', async (stream) => {
    const given = await ask({ model: 'small', stream }, { 'x-request-id': 'my-id_1.2' });
    expect(given.headers.get('x-request-id')).toBe('my-id_1.2');
    await given.text();
    const made = await ask({ model: 'small', stream });
    expect(made.headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    await made.text();
  });

  test.each([false, true])(
    'Server-Timing tells the gateway’s share from the endpoint’s (streamed: %s)',
    async (stream) => {
      gateway.fleet.faults.add({
        endpoint: 'small',
        fault: { kind: 'slow-first-token', delayMs: 400 },
        times: 1,
      });
      const response = await ask({ model: 'small', stream });
      await response.text();
      const timing = response.headers.get('server-timing') ?? '';
      const [, gatewayMs, upstreamMs] = /^gateway;dur=([\d.]+), upstream;dur=([\d.]+)$/.exec(timing) ?? [];
      expect(Number(upstreamMs)).toBeGreaterThanOrEqual(390);
      expect(Number(gatewayMs)).toBeLessThan(390);
    },
  );

  test('every other answer has a request id and a Server-Timing, too', async () => {
    for (const path of ['/healthz', '/v1/models', '/nowhere']) {
      const { headers } = await fetch(`${gateway.url}${path}`);
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers.get('server-timing')).toMatch(/^gateway;dur=[\d.]+$/);
    }
  });
});

describe('an endpoint that fails before the first byte', () => {
  const cases = Object.entries(early).flatMap(([name, { fault, called }]) => [
    { pair: name, fault, called, stream: false },
    { pair: `${name}-stream`, fault, called, stream: true },
  ]);
  test.concurrent.each(cases)('$pair: the spare answers', async ({ pair, fault, called, stream }) => {
    gateway.fleet.faults.add({ endpoint: first(pair), fault, times: 1 });
    const response = await ask({ model: `pair-${pair}`, stream });
    expect(routed(response)).toEqual([spare(pair), spare(pair), `pinned:after-${called}`]);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain(stream ? '[DONE]' : '"finish_reason":"stop"');
    expect([seenAt(first(pair)), seenAt(spare(pair))]).toEqual([1, 1]);
  });

  test('when all fail, the error is that of the last, with the route it took', async () => {
    for (const endpoint of [first('all-fail'), spare('all-fail')])
      gateway.fleet.faults.add({ endpoint, fault: { kind: 'status', status: 500 }, times: 1 });
    const response = await ask({ model: 'pair-all-fail' });
    expect([response.status, (await errorIn(response)).code]).toEqual([502, 'endpoint_failed']);
    expect(routed(response)).toEqual([spare('all-fail'), spare('all-fail'), 'pinned:after-failed']);
  });

  test('a request the endpoint finds at fault goes to no other', async () => {
    gateway.fleet.faults.add({
      endpoint: first('rejecting'),
      fault: { kind: 'status', status: 400 },
      times: 1,
    });
    const response = await ask({ model: 'pair-rejecting' });
    expect([response.status, (await errorIn(response)).type]).toEqual([400, 'invalid_request_error']);
    expect(seenAt(spare('rejecting'))).toBe(0);
  });

  test('after three failures in a row it is left alone for a while', async () => {
    const endpoint = first('cooling');
    gateway.fleet.faults.add({ endpoint, fault: { kind: 'status', status: 500 } });
    for (let failures = 1; failures <= 3; failures++) await (await ask({ model: 'pair-cooling' })).text();
    await expect.poll(async () => maskOf(await route(), endpoint)).toBe('cooling-down');
    const response = await ask({ model: 'pair-cooling' });
    expect(routed(response).slice(1)).toEqual([spare('cooling'), 'pinned:first-choice']);
    await response.text();
    expect(seenAt(endpoint)).toBe(3);
    gateway.fleet.faults.clear(endpoint);
  });
});

describe('an endpoint that fails in the middle of a stream', () => {
  const cases = Object.entries(late).map(([pair, { fault, code }]) => ({ pair, fault, code }));
  test.concurrent.each(cases)(
    '$pair: what came, then an error event, and nothing else',
    async ({ pair, fault, code }) => {
      gateway.fleet.faults.add({ endpoint: first(pair), fault, times: 1 });
      const response = await ask({ model: `pair-${pair}`, stream: true });
      expect([response.status, ...routed(response)]).toEqual([
        200,
        first(pair),
        first(pair),
        'pinned:first-choice',
      ]);
      const text = await response.clone().text();
      expect(text).toMatch(/event: error\ndata: [^\n]+\n\n$/);
      const events = (await eventsOf(response)).map((event) => JSON.parse(event));
      expect(events.pop()).toMatchObject({ error: { type: 'api_error', code, param: null } });
      const choices = events.map((event) => event.choices[0]);
      expect(choices.filter(({ delta }) => delta.content).length).toBe(3);
      expect(choices.every(({ finish_reason }) => finish_reason === null)).toBe(true);
      expect(seenAt(spare(pair))).toBe(0);
    },
  );

  test('a stream that only lacks its [DONE] is complete', async () => {
    gateway.fleet.faults.add({ endpoint: first('no-done'), fault: { kind: 'no-done' }, times: 1 });
    const events = await eventsOf(await ask({ model: 'pair-no-done', stream: true }));
    expect(events.pop()).toBe('[DONE]');
    expect(JSON.parse(events.at(-1) ?? '').choices[0].finish_reason).toBe('stop');
  });
});

describe('places', () => {
  afterEach(() => gateway.fleet.faults.clear());

  /** A stream that holds its place until it is left. */
  async function hold(headers: Readonly<Record<string, string>> = {}) {
    const controller = new AbortController();
    const response = await fetch(`${gateway.url}${chat}`, {
      method: 'POST',
      headers,
      body: JSON.stringify({
        model: 'm-crowded',
        messages: says('Answer in exactly 4000 tokens.'),
        stream: true,
      }),
      signal: controller.signal,
    });
    return { response, leave: () => controller.abort() };
  }

  test.each([
    ['ids of their own', undefined],
    ['one id for all', { 'x-request-id': 'always-the-same' }],
  ])(
    'the next best is taken, then requests are shed, until a place is free again: %s',
    async (_ids, headers) => {
      for (const endpoint of ['narrow', 'wide'])
        gateway.fleet.faults.add({ endpoint, fault: { kind: 'slow-tokens', tokensPerSecond: 20 } });
      const held = await Promise.all([hold(headers), hold(headers)]);
      expect(held.map(({ response }) => routed(response)[1]).toSorted()).toEqual(['narrow', 'wide']);
      const shed = await ask({ model: 'm-crowded' }, headers);
      expect([shed.status, await errorIn(shed)]).toEqual([
        429,
        expect.objectContaining({ type: 'rate_limit_error', code: 'pool_saturated' }),
      ]);
      expect(Number(shed.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(routed(shed)).toEqual([null, null, 'pinned:shed']);
      for (const { leave } of held) leave();
      gateway.fleet.faults.clear();
      await gateway.idle();
      const served = await ask({ model: 'm-crowded' });
      expect([served.status, routed(served)[1]]).toEqual([200, 'narrow']);
      await served.text();
    },
  );

  test('all are given back in the end', async () => {
    await gateway.idle();
  });
});
