import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { localCredentials } from '../../infra/local/credentials.ts';
import { createAdminToken, createApiKey, formatKey } from '../../src/access/api-key.ts';
import { administer, adminToken, keysRequired, newKey, showing } from '../support/access.ts';
import { contractFleet, contractKey, contractModels } from '../support/contract-fleet.ts';
import { post, startGateway } from '../support/gateway.ts';
import { exchange } from '../support/raw-http.ts';
import { type Overheard, replay, startTrap, startWiretap } from '../support/wiretap.ts';

const wire = await startWiretap();
const trap = await startTrap();

/** `good` behaves; `wired` is overheard on the way; the others have turned against the gateway. */
const backends = {
  good: { kind: 'openai', baseUrl: '$FLEET_URL/openai/openai/v1', apiKeySecret: 'CONTRACT_KEY' },
  wired: { kind: 'sagemaker', region: 'eu-central-1', endpointName: 'contract', url: '$WIRE_URL' },
  redirecting: { kind: 'openai', baseUrl: '$TRAP_URL/v1', apiKeySecret: 'CONTRACT_KEY' },
  'redirecting-aws': { kind: 'sagemaker', region: 'eu-central-1', endpointName: 'e', url: '$TRAP_URL' },
  // A failed endpoint is not tried again for a while, so streams have their own.
  'redirecting-stream': { kind: 'openai', baseUrl: '$TRAP_URL/v1' },
  'redirecting-aws-stream': {
    kind: 'sagemaker',
    region: 'eu-central-1',
    endpointName: 'e',
    url: '$TRAP_URL',
  },
  quoting: { kind: 'openai', baseUrl: '$TRAP_URL/quoting/401/v1', apiKeySecret: 'CONTRACT_KEY' },
  'quoting-all': { kind: 'openai', baseUrl: '$TRAP_URL/quoting/400/v1', apiKeySecret: 'CONTRACT_KEY' },
  'quoting-late': { kind: 'openai', baseUrl: '$TRAP_URL/quoting/200/v1', apiKeySecret: 'CONTRACT_KEY' },
} as const;
const ids = Object.keys(backends) as (keyof typeof backends)[];

const logged: string[] = [];
const gateway = await startGateway({
  fleet: contractFleet,
  catalogue: {
    pool: 'attacked',
    endpoints: ids.map((id) => ({ id, backend: backends[id] })),
    variants: ids.map((id) => ({
      id,
      endpoint: id,
      model: id,
      servedAs: contractModels.openai,
      contextTokens: 8_192,
      quality: { chat: 0.5 },
    })),
    tasks: { chat: { slo: { ttftMs: 2_000 } } },
    defaultTask: 'chat',
  },
  variables: {
    ...keysRequired,
    CONTRACT_KEY: contractKey,
    WIRE_URL: wire.url,
    TRAP_URL: trap.url,
    RECORDS: 'console',
  },
  log: (line) => logged.push(line),
});
wire.target = gateway.fleet.url;
afterAll(async () => {
  await gateway.stop();
  await wire.close();
  await trap.close();
});

const mine = await newKey(gateway.url, { name: 'mine' });
const revoked = await newKey(gateway.url, { name: 'revoked' });
await administer(gateway.url, `/keys/${revoked.id}/revoke`, {});

const chat = '/v1/chat/completions';
const prompt = 'a prompt that nobody may log. Answer in exactly 3 tokens.';
const good = { model: 'good', messages: [{ role: 'user', content: prompt }] };
const answered: string[] = [];

/** Status and error code of an answer; its text is kept, to be searched for secrets. */
async function got(response: Response): Promise<[status: number, code: string | null]> {
  const text = await response.text();
  answered.push(text, JSON.stringify([...response.headers]));
  const code = text.startsWith('{"error"') ? JSON.parse(text).error.code : null;
  return [response.status, code];
}

/** What each protected route answers. */
async function everywhere(headers: Record<string, string>): Promise<readonly [number, string | null][]> {
  return await Promise.all([
    post(gateway.url, chat, good, headers).then(got),
    post(gateway.url, chat, { ...good, stream: true }, headers).then(got),
    post(gateway.url, '/v1/route', good, headers).then(got),
    fetch(`${gateway.url}/v1/models`, { headers }).then(got),
    fetch(`${gateway.url}/v1/models/good`, { headers }).then(got),
  ]);
}

// A secret may hold the sign that its key is divided by.
const [, id = '', secret = ''] = /^sl_([^_]+)_(.+)$/.exec(mine.key) ?? [];
const flipped = (text: string) => (text.startsWith('a') ? 'b' : 'a') + text.slice(1);

test('the owner of a key is served, so that all that follows is refused for its own reason', async () => {
  for (const [status] of await everywhere(showing(mine.key))) expect(status).toBe(200);
});

describe('keys that are none', () => {
  test.each<[what: string, headers: Record<string, string>, code: string]>([
    ['no key', {}, 'missing_api_key'],
    ['an empty key', { authorization: 'Bearer ' }, 'missing_api_key'],
    ['a name and a password', { authorization: `Basic ${btoa(`user:${mine.key}`)}` }, 'missing_api_key'],
    ['a key without its scheme', { authorization: mine.key }, 'missing_api_key'],
    ['two keys', { authorization: `Bearer ${mine.key}, Bearer ${mine.key}` }, 'missing_api_key'],
    ['a key of 10 kB', { authorization: `Bearer ${mine.key}${'k'.repeat(10_000)}` }, 'missing_api_key'],
    ['another gateway’s key', showing('sk-proj-0123456789'), 'invalid_api_key'],
    ['a key that was never made', showing(formatKey(createApiKey())), 'invalid_api_key'],
    ['a key with another secret', showing(formatKey(createApiKey(id))), 'invalid_api_key'],
    ['a key whose first letter is wrong', showing(`sl_${id}_${flipped(secret)}`), 'invalid_api_key'],
    ['a key in capitals', showing(mine.key.toUpperCase()), 'invalid_api_key'],
    ['a key cut short', showing(mine.key.slice(0, -1)), 'invalid_api_key'],
    ['an id alone', showing(id), 'invalid_api_key'],
    ['a secret alone', showing(secret), 'invalid_api_key'],
    ['the id of every object', showing(`sl___proto__0000_${secret}`), 'invalid_api_key'],
    ['a revoked key', showing(revoked.key), 'invalid_api_key'],
    ['the admin’s token', showing(adminToken), 'invalid_api_key'],
    ['a key in another header', { 'x-api-key': mine.key, cookie: `key=${mine.key}` }, 'missing_api_key'],
    [
      'claims to be at home',
      { 'x-forwarded-for': '127.0.0.1', 'cf-connecting-ip': '127.0.0.1' },
      'missing_api_key',
    ],
  ])('%s is turned down everywhere', async (_what, headers, code) => {
    for (const answer of await everywhere(headers)) expect(answer).toEqual([401, code]);
  });

  test('an unknown key and a wrong secret are told the same', async () => {
    const answers = [formatKey(createApiKey()), formatKey(createApiKey(id))].map(async (key) => {
      const response = await post(gateway.url, chat, good, showing(key));
      return [response.status, await response.text()];
    });
    const [unknown, wrong] = await Promise.all(answers);
    expect(unknown).toEqual(wrong);
  });

  test('the time it takes tells neither whether a key exists nor how much of it is right', async () => {
    const guesses = {
      unknown: formatKey(createApiKey()),
      wrong: `sl_${id}_${flipped(secret)}`,
      nearlyRight: `sl_${id}_${secret.slice(0, -1)}${secret.endsWith('A') ? 'E' : 'A'}`,
    };
    const times = { unknown: [] as number[], wrong: [] as number[], nearlyRight: [] as number[] };
    for (let round = 0; round < 80; round++)
      for (const name of Object.keys(guesses) as (keyof typeof guesses)[]) {
        const begunMs = performance.now();
        await (await fetch(`${gateway.url}/v1/models`, { headers: showing(guesses[name]) })).arrayBuffer();
        times[name].push(performance.now() - begunMs);
      }
    for (const name of ['wrong', 'nearlyRight'] as const) {
      const difference = times[name].map((ms, round) => ms - times.unknown[round]!);
      expect(Math.abs(median(difference))).toBeLessThan(Math.max(5 * medianError(difference), 0.5));
    }
  });
});

describe('keys in the address', () => {
  test.each(['api_key', 'apikey', 'key', 'token', 'access_token', 'Authorization', 'q'])(
    '?%s= is refused, and the key not repeated',
    async (name) => {
      const address = `${gateway.url}/v1/models?${name}=${mine.key}`;
      for (const headers of [{}, showing(mine.key)]) {
        const response = await fetch(address, { headers });
        expect(await got(response)).toEqual([400, 'key_in_address']);
      }
    },
  );

  test('in a path, encoded or not, as well', async () => {
    for (const path of [`/v1/models/${mine.key}`, `/${mine.key}/v1/models`])
      expect(await got(await fetch(`${gateway.url}${path}`))).toEqual([400, 'key_in_address']);
  });
});

describe('bytes that two readers could take for two things', () => {
  const sent = async (target: string, ...lines: string[]) => {
    const answer = await exchange(
      gateway.url,
      `GET ${target} HTTP/1.1\r\nconnection: close\r\n${lines.join('\r\n')}\r\n\r\n`,
    );
    answered.push(answer.body, JSON.stringify([...answer.headers]));
    return answer;
  };
  const asOwner = `authorization: Bearer ${mine.key}`;
  const asAdmin = `authorization: Bearer ${adminToken}`;
  const asNobody = `authorization: Bearer ${formatKey(createApiKey())}`;

  test.each<[what: string, target: string, lines: readonly string[]]>([
    ['a key before another', '/v1/models', [asOwner, asNobody]],
    ['a key after another', '/v1/models', [asNobody, asOwner]],
    ['a key twice', '/v1/models', [asOwner, asOwner]],
    ['a key after a name and a password', '/v1/models', ['authorization: Basic dTpw', asOwner]],
    ['the admin’s token beside a key', '/admin/v1/keys', [asOwner, asAdmin]],
    ['a key beside the admin’s token', '/admin/v1/keys', [asAdmin, asOwner]],
    ['the admin’s token on the public API', '/v1/models', [asAdmin]],
    ['a key after a blank that is none', '/v1/models', [`authorization: Bearer\u00a0${mine.key}`]],
    ['a key that goes on after it', '/v1/models', [`${asOwner}\u00ad`]],
    ['a key with a letter that only looks the same', '/v1/models', [asOwner.replace('sl_', '\u0455l_')]],
    ['a key with another kind of blank', '/v1/models', [asOwner.replace('Bearer ', 'Bearer\t')]],
    ['a key that another method is to reveal', '/admin/v1/keys', [asOwner, 'x-http-method-override: POST']],
  ])('%s opens nothing', async (_what, target, lines) => {
    const { status, body } = await sent(target, 'host: localhost', ...lines);
    expect([status, body]).toEqual([401, expect.stringMatching(/"(missing|invalid)_(api_key|admin_token)"/)]);
  });

  test.each<[what: string, target: string]>([
    ['before the host', `http://${mine.key}@localhost/v1/models`],
    ['as a password', `http://user:${mine.key}@localhost/v1/models`],
    ['after a hash', `/v1/models#${mine.key}`],
    ['in a name of the query', `/v1/models?${mine.key}`],
    ['in the query, encoded', `/v1/models?q=${mine.key.replace('sl_', '%73l_')}`],
    ['in the path, encoded', `/v1/models/${mine.key.replace('sl_', '%73l_')}`],
  ])('a key in the address, %s, opens nothing and is not repeated', async (_what, target) => {
    const { status, body } = await sent(target, 'host: localhost');
    expect([400, 401]).toContain(status);
    expect(body).not.toContain(secret.slice(0, 8));
  });

  test('a key that goes on in the next line opens nothing', async () => {
    const folded = `${asOwner.slice(0, -8)}\r\n ${asOwner.slice(-8)}`;
    expect([400, 401]).toContain((await sent('/v1/models', 'host: localhost', folded)).status);
  });

  test('the scheme may be written in any case, the key may not', async () => {
    for (const scheme of ['bearer', 'BEARER'])
      expect(
        (await sent('/v1/models', 'host: localhost', `authorization: ${scheme} ${mine.key}`)).status,
      ).toBe(200);
  });

  test('line ends in an address end up in no header', async () => {
    for (const target of [
      '/v1/models/%0d%0aset-cookie:%20a=b',
      '/v1/models?a=%0d%0aset-cookie:%20a=b',
      '/%0aset-cookie:a=b',
    ])
      expect((await sent(target, 'host: localhost', asOwner)).headers.has('set-cookie')).toBe(false);
  });

  test('a request that hides behind another is not read as one', async () => {
    const hidden = 'GET /admin/v1/keys HTTP/1.1\r\nhost: localhost\r\n\r\n';
    const answer = await exchange(
      gateway.url,
      `POST ${chat} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: ${hidden.length}\r\n` +
        `transfer-encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    );
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.body).not.toContain('invalid_admin_token');
  });

  test('an upgrade to another protocol is no way round a key', async () => {
    const upgrade = ['connection: upgrade', 'upgrade: websocket', 'sec-websocket-version: 13'];
    const { status } = await sent('/v1/models', 'host: localhost', ...upgrade, 'sec-websocket-key: YQ==');
    expect(status).toBe(401);
  });
});

test('another address in every request is no way round a limit', async () => {
  const { key } = await newKey(gateway.url, { name: 'limited', limits: { requestsPerMinute: 3 } });
  const statuses: number[] = [];
  for (let host = 1; host <= 5; host++) {
    const from = { 'x-forwarded-for': `198.51.100.${host}`, 'x-real-ip': `198.51.100.${host}` };
    const response = await fetch(`${gateway.url}/v1/models`, { headers: { ...from, ...showing(key) } });
    statuses.push((await got(response))[0]);
  }
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
});

describe('sizes', () => {
  test.each<[what: string, status: number, head: string]>([
    ['a header of 2 MB', 431, `GET /v1/models HTTP/1.1\r\nx-task: ${'a'.repeat(2_000_000)}`],
    ['100,000 headers', 431, `GET /v1/models HTTP/1.1\r\n${'x: y\r\n'.repeat(100_000)}x: y`],
    ['an address of 10 kB', 414, `GET /v1/models?${'a'.repeat(10_000)} HTTP/1.1`],
  ])('%s', async (_what, status, head) => {
    const answer = await exchange(gateway.url, `${head}\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
    expect(answer.status).toBe(status);
  });

  test('a stranger’s body is not looked at, however large or broken', async () => {
    for (const body of ['x'.repeat(5_000_000), '{"model":'])
      expect(await got(await post(gateway.url, chat, body))).toEqual([401, 'missing_api_key']);
  });
});

describe('the administration', () => {
  const asked = (headers: Record<string, string>) =>
    Promise.all([
      fetch(`${gateway.url}/admin/v1/keys`, { headers }).then(got),
      post(gateway.url, '/admin/v1/keys', { name: 'x' }, headers).then(got),
      post(gateway.url, `/admin/v1/keys/${id}/rotate`, {}, headers).then(got),
      post(gateway.url, `/admin/v1/keys/${id}/revoke`, {}, headers).then(got),
      fetch(`${gateway.url}/admin/v1/nothing`, { headers }).then(got),
    ]);

  test.each<[who: string, headers: Record<string, string>]>([
    ['a stranger', {}],
    ['a caller’s key', showing(mine.key)],
    ['a forged token', showing(formatKey(createAdminToken()))],
    ['the hash of the token', showing(keysRequired.ADMIN_TOKEN_HASH!)],
  ])('is closed to %s', async (_who, headers) => {
    for (const answer of await asked(headers)) expect(answer).toEqual([401, 'invalid_admin_token']);
  });

  test('is closed to pages, even with the token and from the gateway’s own origin', async () => {
    for (const answer of await asked({ ...showing(adminToken), origin: gateway.url }))
      expect(answer).toEqual([403, 'origin_not_allowed']);
  });

  test('has not been changed by any of this', async () => {
    const { data } = (await (await administer(gateway.url, '/keys')).json()) as { data: { name: string }[] };
    expect(data.map(({ name }) => name).sort()).toEqual(['limited', 'mine', 'revoked']);
    expect((await post(gateway.url, chat, good, showing(mine.key))).status).toBe(200);
  });
});

describe('tricks with paths and methods open nothing', () => {
  const targets = [
    '/admin/v1/keys',
    '//admin/v1/keys',
    '/admin/v1/keys/',
    '/admin//v1/keys',
    '/ADMIN/v1/keys',
    '/admin%2fv1%2fkeys',
    '/%61dmin/v1/keys',
    '/v1/../admin/v1/keys',
    '/v1/models/../../admin/v1/keys',
    '/v1/models/..%2f..%2fadmin%2fv1%2fkeys',
    '/healthz/../admin/v1/keys',
    '/healthz/..;/admin/v1/keys',
    '/admin/v1/keys%00',
    '/admin/v1/keys;x=y',
    '/admin/v1/keys?x=/healthz',
    '\\admin\\v1\\keys',
    'http://localhost/admin/v1/keys',
    'http://healthz@localhost/admin/v1/keys',
  ];
  test.each(targets)('GET %s', async (target) => {
    for (const line of ['x-nothing: here', `authorization: Bearer ${mine.key}`]) {
      const answer = await exchange(
        gateway.url,
        `GET ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${line}\r\n\r\n`,
      );
      answered.push(answer.body);
      expect([400, 401, 403, 404]).toContain(answer.status);
      expect(answer.body).not.toContain('"mine"');
    }
  });

  test.each<[what: string, target: string, line: string]>([
    ['an overridden method', '/v1/models', 'x-http-method-override: OPTIONS'],
    ['an overridden address', '/healthz', 'x-original-url: /v1/models'],
    ['a rewritten address', '/healthz', 'x-rewrite-url: /v1/models'],
    ['/healthz before the models', '/healthz/../v1/models', 'x: y'],
    ['a query that looks like a path', '/v1/models?/healthz', 'x: y'],
  ])('%s', async (_what, target, line) => {
    const answer = await exchange(
      gateway.url,
      `GET ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${line}\r\n\r\n`,
    );
    expect(answer.body).not.toContain('"object"');
  });

  test('HEAD, TRACE and CONNECT are no way round a key', async () => {
    for (const method of ['HEAD', 'TRACE', 'CONNECT']) {
      const answer = await exchange(
        gateway.url,
        `${method} /v1/models HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`,
      );
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
  });
});

describe('requests to other servers', () => {
  test('no field of a request sends it anywhere but to a configured endpoint', async () => {
    const elsewhere = `${trap.url}/caught`;
    const fields = { base_url: elsewhere, api_base: elsewhere, endpoint: elsewhere, url: elsewhere };
    const headers = { 'x-route-endpoint': elsewhere, 'x-forwarded-host': new URL(trap.url).host };
    const response = await post(
      gateway.url,
      chat,
      { ...good, ...fields },
      { ...headers, ...showing(mine.key) },
    );
    expect((await got(response))[0]).toBe(200);
    const model = await post(gateway.url, chat, { ...good, model: elsewhere }, showing(mine.key));
    expect(await got(model)).toEqual([404, 'model_not_found']);
    expect(trap.caught).toEqual([]);
  });

  test.each(['redirecting', 'redirecting-aws', 'redirecting-stream', 'redirecting-aws-stream'])(
    'an endpoint cannot send them on: %s',
    async (model) => {
      const stream = model.endsWith('-stream');
      const response = await post(gateway.url, chat, { ...good, model, stream }, showing(mine.key));
      expect((await got(response))[0]).toBe(502);
      expect(trap.caught).toEqual([]);
    },
  );
});

describe('a signed request that was overheard on its way to the endpoint', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  async function overhear(): Promise<Overheard> {
    const response = await post(gateway.url, chat, { ...good, model: 'wired' }, showing(mine.key));
    expect((await got(response))[0]).toBe(200);
    return wire.overheard.at(-1)!;
  }

  test('does not hold the secret, nor the caller’s key', async () => {
    const { headers, body } = await overhear();
    expect(JSON.stringify(headers) + body).not.toContain(localCredentials.secretAccessKey);
    expect(JSON.stringify(headers) + body).not.toContain(secret);
  });

  test('is worth nothing with another body, for another endpoint or with another date', async () => {
    const message = await overhear();
    const forged: Overheard[] = [
      { ...message, body: Buffer.from(message.body.toString().replace('3 tokens', '3000 tokens')) },
      { ...message, path: message.path.replace('contract', 'other') },
      { ...message, headers: { ...message.headers, 'x-amz-date': '20300101T000000Z' } },
    ];
    for (const each of forged) expect((await replay(gateway.fleet.url, each)).status).toBe(403);
  });

  test('is worth nothing after five minutes; before, as at AWS, it is the same request once more', async () => {
    const message = await overhear();
    expect((await replay(gateway.fleet.url, message)).status).toBe(200);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 301_000 });
    const late = await replay(gateway.fleet.url, message);
    expect([late.status, late.text]).toEqual([403, expect.stringContaining('Signature expired')]);
  });
});

test('an endpoint that quotes the gateway’s credentials gets them neither to the client nor into the log', async () => {
  const response = await post(gateway.url, chat, { ...good, model: 'quoting' }, showing(mine.key));
  expect((await got(response))[0]).toBe(502);
  await expect.poll(() => logged.join('\n')).toContain('Incorrect API key provided');
});

test('an endpoint that finds a request at fault is quoted to the client without them, and not in the log', async () => {
  const refused = await post(gateway.url, chat, { ...good, model: 'quoting-all' }, showing(mine.key));
  expect(await got(refused)).toEqual([400, 'Bearer [CONTRACT_KEY]']);
  expect(answered.at(-2)).toContain(`Cannot serve ${prompt} sent with Bearer [`);
  for (const length of [450, 455, 460]) {
    const messages = [{ role: 'user', content: 'x'.repeat(length) }];
    const long = await post(gateway.url, chat, { messages, model: 'quoting-all' }, showing(mine.key));
    expect((await got(long))[0]).toBe(400);
  }
  const late = { ...good, model: 'quoting-late', stream: true };
  expect((await got(await post(gateway.url, chat, late, showing(mine.key))))[0]).toBe(200);
  expect(answered.at(-2)).toContain('sent with Bearer [CONTRACT_KEY]');
  await expect.poll(() => logged.join('\n')).toContain('quoting-all: rejected: status 400');
});

test('what is at fault in a request is told without a word of where in the gateway it was found', async () => {
  const bodies = [
    '{',
    '[]',
    '{"messages":null}',
    { ...good, n: 1e9 },
    { ...good, messages: [[]] },
    { ...good, tools: 1 },
  ];
  for (const body of bodies)
    expect((await got(await post(gateway.url, chat, body, showing(mine.key))))[0]).toBe(400);
  for (const path of ['/%', '/%ff', '/v1/models/%00', '/.git/config', '/constructor'])
    expect((await got(await fetch(`${gateway.url}${path}`, { headers: showing(mine.key) })))[0]).toBe(404);
  const text = answered.join('\n');
  expect(text).not.toMatch(/\bat \S+ \(|\.[jt]s:\d+|node_modules|src\/gateway/);
});

test('nothing that was logged or answered above holds a secret or a word of a prompt', async () => {
  const log = logged.join('\n');
  expect(log).toContain('"outcome":"served"');
  expect(log).toContain(`"keyId":"${id}"`);
  expect(log).not.toContain('nobody may log');
  expect(answered.length).toBeGreaterThan(100);
  const secrets = [mine.key, revoked.key, adminToken].map((key) => key.split('_').slice(2).join('_'));
  for (const text of [log, answered.join('\n'), JSON.stringify(gateway.fleet.requests.records)])
    for (const each of [...secrets, contractKey, localCredentials.secretAccessKey])
      expect(text).not.toContain(each.slice(0, 8));
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** Standard error of a median, from the median absolute deviation (1.4826 makes it a standard deviation, 1.2533 the median's). */
function medianError(values: readonly number[]): number {
  const middle = median(values);
  const deviation = median(values.map((value) => Math.abs(value - middle)));
  return (1.2533 * 1.4826 * deviation) / Math.sqrt(values.length);
}
