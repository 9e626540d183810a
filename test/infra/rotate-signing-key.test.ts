import { describe, expect, it } from 'vitest';
import { rotate } from '../../infra/provisioning/rotate.ts';
import { generateSigningKey } from '../../infra/provisioning/signing-key.ts';
import { awsCredentialSource } from '../../src/backends/aws-credentials.ts';
import { issuerRoutes } from '../../src/gateway/issuer.ts';
import { Clouds } from '../support/clouds/clouds.ts';
import { deploymentTo } from '../support/clouds/deployment.ts';
import { mixedEnvironment } from '../support/environment.ts';
import { startTokenService } from '../support/token-service.ts';

type Bindings = Readonly<Record<string, string>>;

const roleArn = 'arn:aws:iam::111122223333:role/invoker';
const secondMs = 1_000;
const minuteMs = 60 * secondMs;
/** How late the far place has what the near one has at once, and how long the token service keeps what it has read. */
const lateMs = minuteMs;
const keptMs = 4 * minuteMs;

/**
 * A Worker at two places, and a token service that looks at one of them and again only when what it has read is four
 * minutes old. After every step of the clock and of the rotation each place exchanges a token of its own.
 */
async function world() {
  let nowMs = Date.UTC(2026, 10, 1);
  const clock = () => nowMs;
  const clouds = new Clouds();
  clouds.state.worker = {
    variables: { AWS_ROLE_ARN: roleArn, AWS_WEB_IDENTITY_ISSUER: 'https://gateway.sluice.test' },
    secrets: { AWS_WEB_IDENTITY_KEY: JSON.stringify(generateSigningKey()) },
  };
  const near = (): Bindings => ({ ...clouds.state.worker?.variables, ...clouds.state.worker?.secrets });
  let far = near();
  const places = [near, () => far];
  const ask = (bindings: Bindings, path: string) =>
    issuerRoutes(clock).request(path.replace('/.well-known', ''), {}, bindings);
  const services = await Promise.all(
    places.map((place) =>
      startTokenService({
        published: keeping(keptMs, clock, (path) => ask(place(), path)),
        roleArn,
        credentials: () => ({ accessKeyId: 'ASIA', secretAccessKey: 'secret', sessionToken: 'token' }),
        nowMs: clock,
      }),
    ),
  );
  /** What each place's tokens are worth to each token service; rejects when one is refused. */
  const exchangeAll = async () => {
    for (const { url } of services)
      for (const place of places)
        await awsCredentialSource({ ...place(), AWS_ENDPOINT_URL_STS: url }, clock)('eu-west-1');
  };
  const pass = async (ms: number) => {
    nowMs += ms;
    await exchangeAll();
  };
  const settle = async () => {
    await pass(lateMs - secondMs);
    far = near();
    await pass(secondMs);
  };
  const { wrangler, ...others } = clouds.programs;
  const { context } = deploymentTo(clouds, {
    environment: mixedEnvironment({ identity: 'web-identity' }),
    programs: {
      ...others,
      wrangler: async (args, options) => {
        const ended = await wrangler(args, options);
        await exchangeAll();
        return ended;
      },
    },
    fetch: async (input) => await ask(near(), new URL(String(input)).pathname),
    clock,
    pause: async (ms) => {
      await settle();
      await pass(ms - lateMs);
    },
  });
  await exchangeAll();
  // What the token service has read ends just before the far place has the first change, so it reads the old again.
  await pass(keptMs - lateMs + 2 * secondMs);
  return {
    clouds,
    context,
    settle,
    pass,
    keyInUse: () => JSON.parse(near().AWS_WEB_IDENTITY_KEY ?? '').kid as string,
    published: async () => {
      const { keys } = (await (await ask(near(), '/.well-known/jwks.json')).json()) as {
        keys: { kid: string }[];
      };
      return keys.map(({ kid }) => kid);
    },
  };
}

/** What was read, for a time. */
function keeping(ms: number, clock: () => number, read: (path: string) => Response | Promise<Response>) {
  const kept = new Map<string, { readonly text: string; readonly untilMs: number }>();
  return async (path: string) => {
    const known = kept.get(path);
    if (known !== undefined && clock() < known.untilMs) return new Response(known.text);
    const text = await (await read(path)).text();
    kept.set(path, { text, untilMs: clock() + ms });
    return new Response(text);
  };
}

describe('rotating the Worker’s signing key', () => {
  it('has no token refused, wherever it was signed and whoever checks it', async () => {
    const { context, keyInUse, published, settle, pass } = await world();
    const old = keyInUse();
    await rotate(context, { atOnce: false });
    expect(keyInUse()).not.toBe(old);
    await settle();
    expect(await published()).toEqual([keyInUse(), old]);
    await pass(60 * minuteMs);
    expect(await published()).toEqual([keyInUse()]);
  });

  it('again within the hour keeps the end of the one before', async () => {
    const { context, keyInUse, published, settle, pass } = await world();
    const first = keyInUse();
    await rotate(context, { atOnce: false });
    await settle();
    const second = keyInUse();
    await rotate(context, { atOnce: false });
    await settle();
    expect(await published()).toEqual([keyInUse(), second, first]);
    await pass(58 * minuteMs);
    expect(await published()).toEqual([keyInUse(), second]);
  });

  it('leaves the old key in use where the new one does not arrive, and is simply done again', async () => {
    const { clouds, context, keyInUse, settle } = await world();
    const old = keyInUse();
    const { pause } = context;
    const cutShort = async (ms: number) => {
      await pause(ms);
      clouds.state.failOnce = 'wrangler secret bulk';
    };
    await expect(rotate({ ...context, pause: cutShort }, { atOnce: false })).rejects.toThrow(
      /lost its connection/,
    );
    expect(keyInUse()).toBe(old);
    await rotate(context, { atOnce: false });
    await settle();
    expect(keyInUse()).not.toBe(old);
  });

  it('goes no further where the Worker does not publish the new key', async () => {
    const { context, keyInUse } = await world();
    const old = keyInUse();
    const before = await (await context.fetch('https://gateway.sluice.test/.well-known/jwks.json')).text();
    const unchanging = { ...context, fetch: async () => new Response(before) };
    await expect(rotate(unchanging, { atOnce: false })).rejects.toThrow(/does not publish the new key/);
    expect(keyInUse()).toBe(old);
  });

  it('does nothing where nobody says which keys are in use', async () => {
    const { clouds, context } = await world();
    clouds.commands.length = 0;
    const silent = { ...context, fetch: async () => new Response('none', { status: 404 }) };
    await expect(rotate(silent, { atOnce: false })).rejects.toThrow(
      /jwks\.json does not say which keys are in use \(status 404\)\. With --at-once/,
    );
    expect(clouds.changes).toEqual([]);
  });

  it('at once publishes the new key alone', async () => {
    const { clouds, context, keyInUse, published } = await world();
    const old = keyInUse();
    const { programs } = clouds;
    const waiting = { pause: () => expect.fail('waited'), fetch: () => expect.fail('asked') };
    await rotate({ ...context, programs, ...waiting }, { atOnce: true });
    expect(keyInUse()).not.toBe(old);
    expect(await published()).toEqual([keyInUse()]);
  });
});
