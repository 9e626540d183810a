import { describe, expect, it, vi } from 'vitest';
import { generateSigningKey } from '../../infra/provisioning/signing-key.ts';
import { awsCredentialSource } from '../../src/backends/aws-credentials.ts';
import { issuerRoutes } from '../../src/gateway/issuer.ts';
import { backendErrorOf } from '../support/backend-calls.ts';
import { startTokenService } from '../support/token-service.ts';

const roleArn = 'arn:aws:iam::111122223333:role/invoker';
const key = JSON.stringify(generateSigningKey());
const hourMs = 3_600_000;
const minuteMs = 60_000;
const startMs = Date.UTC(2026, 10, 1);

/** What the gateway answers under a path of its well-known ones. */
async function published(path: string, bindings: object): Promise<Response> {
  return await issuerRoutes(() => startMs).request(path.replace('/.well-known', ''), {}, bindings);
}

/** A Worker's bindings, a token service that trusts what the Worker publishes, and a clock. */
async function world(changes: Readonly<Record<string, string>> = {}) {
  const world = { nowMs: startMs };
  const bindings: Record<string, string> = {
    AWS_ROLE_ARN: roleArn,
    AWS_WEB_IDENTITY_ISSUER: 'https://gateway.sluice.test',
    AWS_WEB_IDENTITY_KEY: key,
  };
  const service = await startTokenService({
    published: (path) => published(path, bindings),
    roleArn,
    credentials: (exchange) => ({
      accessKeyId: `ASIA${exchange}`,
      secretAccessKey: `secret/${exchange}`,
      sessionToken: `token+${exchange}==`,
    }),
    nowMs: () => world.nowMs,
  });
  const source = awsCredentialSource(
    { ...bindings, AWS_ENDPOINT_URL_STS: service.url, ...changes },
    () => world.nowMs,
  );
  return {
    service,
    bindings,
    keyId: async () => (await source('eu-west-1'))?.accessKeyId,
    credentials: () => source('eu-west-1'),
    pass: (ms: number) => {
      world.nowMs += ms;
    },
  };
}

describe('credentials of a role', () => {
  it('come in exchange for a token that the published key confirms', async () => {
    const { credentials, service } = await world();
    expect(await credentials()).toEqual({
      accessKeyId: 'ASIA1',
      secretAccessKey: 'secret/1',
      sessionToken: 'token+1==',
    });
    const asked = new URLSearchParams(service.received[0]?.body);
    expect(asked.get('RoleArn')).toBe(roleArn);
    expect(asked.get('DurationSeconds')).toBe('3600');
  });

  it('are kept until ten minutes before their end', async () => {
    const { keyId, pass } = await world();
    expect(await keyId()).toBe('ASIA1');
    pass(hourMs - 11 * minuteMs);
    expect(await keyId()).toBe('ASIA1');
    pass(2 * minuteMs);
    expect(await keyId()).toBe('ASIA2');
  });

  it('are renewed by one request while the others go on with those that still hold', async () => {
    const { credentials, pass, service } = await world();
    await credentials();
    pass(hourMs - 9 * minuteMs);
    const held = await Promise.all([credentials(), credentials(), credentials()]);
    expect(held.map((each) => each?.accessKeyId)).toEqual(['ASIA2', 'ASIA1', 'ASIA1']);
    expect(service.received).toHaveLength(2);
  });

  it('outlast a token service that fails, as long as they hold', async () => {
    const { keyId, pass, bindings, credentials } = await world();
    await keyId();
    // The issuer publishes another key: no token is good any more.
    bindings.AWS_WEB_IDENTITY_KEY = JSON.stringify(generateSigningKey());
    pass(hourMs - 9 * minuteMs);
    expect(await keyId()).toBe('ASIA1');
    pass(10 * minuteMs);
    const { failure, message } = await backendErrorOf(credentials());
    expect(failure).toEqual({ kind: 'misconfigured', status: 401 });
    expect(message).toBe('the token service of AWS refuses: InvalidIdentityToken');
  });

  it.each([
    ['another issuer', { AWS_WEB_IDENTITY_ISSUER: 'https://elsewhere.test' }, 'InvalidIdentityToken'],
    ['another key', { AWS_WEB_IDENTITY_KEY: JSON.stringify(generateSigningKey()) }, 'InvalidIdentityToken'],
    ['another role', { AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/other' }, 'AccessDenied'],
  ])('are refused for %s', async (_, changes, code) => {
    const { credentials } = await world(changes);
    expect((await backendErrorOf(credentials())).message).toContain(code);
  });

  it('are not asked for with a key that is none, whose text is not shown', async () => {
    const { credentials, service } = await world({ AWS_WEB_IDENTITY_KEY: '{"kty":"EC","d":"hidden"}' });
    const { failure, message } = await backendErrorOf(credentials());
    expect(failure.kind).toBe('misconfigured');
    expect(message).not.toContain('hidden');
    expect(service.received).toEqual([]);
  });

  it.each(['http://sts.example.com', 'https://user:hidden@sts.example.com', 'https://169.254.169.254'])(
    'are not asked for at %s',
    async (address) => {
      const { credentials } = await world({ AWS_ENDPOINT_URL_STS: address });
      const { failure, message } = await backendErrorOf(credentials());
      expect(failure.kind).toBe('misconfigured');
      expect(message).toMatch(/^AWS_ENDPOINT_URL_STS: must /);
      expect(message).not.toContain('hidden');
    },
  );

  it('are unavailable while nobody answers', async () => {
    const { credentials } = await world({ AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9' });
    expect((await backendErrorOf(credentials())).failure).toEqual({ kind: 'unavailable' });
  });
});

describe('what the gateway publishes', () => {
  it('is the public half of its key, and nothing of the other', async () => {
    const { bindings } = await world();
    const { keys } = (await (await published('/.well-known/jwks.json', bindings)).json()) as {
      keys: Record<string, unknown>[];
    };
    const { n, e, kid } = JSON.parse(key);
    expect(keys).toEqual([{ kty: 'RSA', n, e, kid, alg: 'RS256', use: 'sig' }]);
  });

  it('is also other keys beside it, until their end, without what is private of them', async () => {
    const { bindings } = await world();
    const { n, e, kid, ...hidden } = generateSigningKey();
    const key = { kty: 'RSA', n, e, kid };
    const given = (keys: object[]) => ({
      ...bindings,
      AWS_WEB_IDENTITY_OTHER_KEYS: JSON.stringify({ keys }),
    });
    const others = async (own: object) => {
      const answer = await published('/.well-known/jwks.json', own);
      return ((await answer.json()) as { keys: object[] }).keys.slice(1);
    };
    const endS = startMs / 1000 + 1;
    expect(await others(given([{ ...hidden, ...key, exp: endS }]))).toEqual([
      { ...key, alg: 'RS256', use: 'sig', exp: endS },
    ]);
    expect(await others(given([{ ...key, exp: startMs / 1000 }]))).toEqual([]);
  });

  it('is its own key alone where the others cannot be read, which the log says', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { bindings } = await world();
    const answer = await published('/.well-known/jwks.json', {
      ...bindings,
      AWS_WEB_IDENTITY_OTHER_KEYS: '{"keys":[{"kty":"RSA"}]}',
    });
    expect(await answer.json()).toMatchObject({ keys: [{ kid: JSON.parse(key).kid }] });
    expect(log).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('AWS_WEB_IDENTITY_OTHER_KEYS: '));
  });

  it('is nothing where it signs no tokens', async () => {
    for (const path of ['/.well-known/jwks.json', '/.well-known/openid-configuration'])
      expect((await published(path, {})).status).toBe(404);
  });
});
