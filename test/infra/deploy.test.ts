import { describe, expect, it } from 'vitest';
import type { Context } from '../../infra/provisioning/context.ts';
import { deploy } from '../../infra/provisioning/deploy.ts';
import { destroy } from '../../infra/provisioning/destroy.ts';
import type { Run } from '../../infra/provisioning/programs.ts';
import { rotate } from '../../infra/provisioning/rotate.ts';
import { createAdminToken, createApiKey, formatKey } from '../../src/access/api-key.ts';
import { Clouds } from '../support/clouds/clouds.ts';
import { adminTokenHash, deploymentTo, goOn } from '../support/clouds/deployment.ts';
import type { CloudState } from '../support/clouds/state.ts';
import { mixedEnvironment } from '../support/environment.ts';

const smokeKey = formatKey(createApiKey());
const adminToken = formatKey(createAdminToken());

/** Two clouds, and what is needed to deploy to them. */
function world(
  changes: Partial<CloudState> = {},
  variables: Record<string, string> = { ADMIN_TOKEN_HASH: adminTokenHash },
) {
  const clouds = new Clouds(changes);
  const asked: string[] = [];
  const { context, said } = deploymentTo(clouds, { variables, fetch: api(clouds, asked) });
  return {
    clouds,
    context,
    /** What the administration of keys was asked. */
    asked,
    said,
    deploy: () => deploy(context, goOn),
  };
}

/** The deployed API: it knows the catalogue it was given, and turns down who has no key. */
function api({ state }: Clouds, asked: string[]): typeof fetch {
  return async (input, init) => {
    if (state.worker === null) throw new TypeError('fetch failed');
    if (String(input).endsWith('/healthz')) return Response.json({ status: 'ok' });
    const { pathname } = new URL(String(input));
    if (pathname.startsWith('/admin/')) {
      asked.push(`${pathname} ${init?.body}`);
      return pathname.endsWith('/revoke')
        ? Response.json({})
        : Response.json({ id: 'k1', key: smokeKey }, { status: 201 });
    }
    const isKnown = new Headers(init?.headers).get('authorization') === `Bearer ${smokeKey}`;
    if (!isKnown) return new Response('no', { status: 401 });
    const { variants } = JSON.parse(state.worker.variables.CATALOGUE ?? '');
    return Response.json({ data: variants.map(({ id }: { id: string }) => ({ id })) });
  };
}

/** A deployment whose API answers so to requests for one variant. */
function answering({ fetch: answer, ...context }: Context, variant: string, how: ResponseInit): Context {
  const asksForIt = (init?: RequestInit) => String(init?.body).includes(`"model":"${variant}"`);
  const changed: typeof fetch = async (input, init) =>
    asksForIt(init) ? new Response('broken', how) : await answer(input, init);
  return { ...context, fetch: changed };
}

describe('deploy', () => {
  it('brings both clouds up and feeds the outputs of one to the other', async () => {
    const { clouds, said, deploy } = world();
    await deploy();
    expect(clouds.state).toMatchObject({
      stacks: { CDKToolkit: {}, 'mixed-stack': { status: 'CREATE_COMPLETE' } },
      buckets: { artifacts: {} },
      accessKeys: [{ id: 'AKIA1' }],
      worker: {
        secrets: {
          AWS_ACCESS_KEY_ID: 'AKIA1',
          AWS_SECRET_ACCESS_KEY: 'very-secret-1',
          ADMIN_TOKEN_HASH: adminTokenHash,
        },
      },
    });
    expect(said()).toContain('https://gateway.sluice.test is up.');
  });

  it('gives the Worker a role and a key for its own tokens, unless an access key is asked for', async () => {
    const { clouds, context } = world();
    const own = { ...context, environment: mixedEnvironment({ identity: 'web-identity' }) };
    await deploy(own, goOn);
    const { worker, accessKeys } = clouds.state;
    expect(worker?.variables).toMatchObject({
      AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/mixed-stack-invoker',
      AWS_WEB_IDENTITY_ISSUER: 'https://gateway.sluice.test',
    });
    expect(JSON.parse(worker?.secrets.AWS_WEB_IDENTITY_KEY ?? '')).toMatchObject({ kty: 'RSA' });
    expect(accessKeys).toEqual([]);
    const key = worker?.secrets.AWS_WEB_IDENTITY_KEY;
    await deploy(own, goOn);
    expect(clouds.state.worker?.secrets.AWS_WEB_IDENTITY_KEY).toBe(key);
  });

  it('shows cost and plan first, and does nothing unless somebody says so', async () => {
    const { clouds, context, said } = world();
    await expect(deploy(context, { planOnly: false, confirm: async () => false })).rejects.toThrow(
      'Nothing was done.',
    );
    expect(said()).toMatch(
      /US dollars a month[\s\S]+to do {2}stack mixed-stack in eu-west-1: Shared-GPUs, own-gpus/,
    );
    expect(said()).toContain('A DNS record or another Worker at gateway.sluice.test gives way');
    await deploy(context, { planOnly: true, confirm: () => expect.fail('asked') });
    expect(clouds.changes).toEqual([]);
  });

  it('lists everything that is missing at once, and does nothing', async () => {
    const { clouds, context } = world(
      { loggedIn: false, quotas: { 'ml.g5.12xlarge for endpoint usage': 1 }, images: [] },
      {},
    );
    const environment = mixedEnvironment({ alarmEmail: 'platform@example.com' });
    const example = { ...environment, worker: { ...environment.worker, domain: 'sluice.example.com' } };
    const failure = await deploy({ ...context, environment: example }, goOn).catch(
      (error: Error) => error.message,
    );
    for (const fault of [
      'wrangler.toml, env.staging.routes: "sluice.example.com" is the example’s',
      'mixed.json, aws.alarmEmail: "platform@example.com" is the example’s',
      'Cloudflare: no valid credentials',
      'secret ADMIN_TOKEN_HASH: neither set in the shell nor on the Worker',
      'AWS quota "ml.g5.12xlarge for endpoint usage" in eu-west-1: is 1, 3 are needed',
      'AWS quota "ml.g6.2xlarge for endpoint usage" in eu-west-1: is 0, 2 are needed',
      'djl-inference:1.0: not found in its registry',
    ])
      expect(failure).toContain(fault);
    expect(clouds.changes).toEqual([]);
  });

  it('lists what AWS lacks, too, where Cloudflare does not let the Worker be looked at', async () => {
    const { deploy } = world({ images: [], failOnce: 'wrangler secret list' });
    await expect(deploy()).rejects.toThrow(
      /Missing:\n {2}Cloudflare: wrangler secret list failed: wrangler lost its connection\n {2}container image/,
    );
  });

  it('refuses a hash of the admin token that is none, without repeating it', async () => {
    const { clouds, context } = world({}, { ADMIN_TOKEN_HASH: 'sl_admin_the-token-itself' });
    const failure = await deploy(context, goOn).catch((error: Error) => error.message);
    expect(failure).toMatch(/Missing:\n {2}ADMIN_TOKEN_HASH: must be "<salt>:<hash>"/);
    expect(failure).not.toContain('itself');
    expect(clouds.changes).toEqual([]);
  });

  it('changes nothing but the Worker’s version when it is run again', async () => {
    const { clouds, deploy } = world();
    await deploy();
    clouds.commands.length = 0;
    await deploy();
    expect(clouds.changes.map((line) => line.split(' --')[0])).toEqual([
      'wrangler secret bulk',
      'wrangler deploy',
    ]);
    expect(clouds.state.accessKeys).toEqual([{ id: 'AKIA1', secret: 'very-secret-1' }]);
  });

  it.each([
    'cdk deploy',
    'wrangler r2 bucket create',
    'wrangler deploy',
    'aws iam create-access-key',
    'wrangler secret bulk',
  ])('goes on where "%s" has failed', async (failOnce) => {
    const { clouds, deploy } = world({ failOnce });
    await expect(deploy()).rejects.toThrow(/lost its connection/);
    await deploy();
    // A key that never reached the Worker is gone.
    const { worker, accessKeys } = clouds.state;
    expect(accessKeys).toHaveLength(1);
    expect(worker?.secrets.AWS_SECRET_ACCESS_KEY).toBe(accessKeys[0]?.secret);
  });

  it('goes on where a run that was cut short has left two keys, as many as AWS allows', async () => {
    const { clouds, deploy } = world();
    clouds.state.accessKeys = ['AKIA1', 'AKIA2'].map((id) => ({ id, secret: 'unknown' }));
    clouds.state.keysMade = 2;
    await deploy();
    expect(clouds.state.accessKeys.map(({ id }) => id)).toEqual(['AKIA3']);
  });

  it('gives the secrets afterwards where an older version is live, beside which wrangler changes none', async () => {
    const { clouds, context, deploy: deployOnce } = world();
    await deployOnce();
    clouds.state.isRolledBack = true;
    const another = adminTokenHash.replaceAll('d', 'e');
    await deploy({ ...context, variables: { ADMIN_TOKEN_HASH: another } }, goOn);
    expect(clouds.state.worker?.secrets.ADMIN_TOKEN_HASH).toBe(another);
  });

  it.each(['CDKToolkit', 'mixed-stack'])('starts over where the creation of %s has failed', async (name) => {
    const { clouds, deploy } = world();
    clouds.state.stacks[name] = {
      status: 'ROLLBACK_COMPLETE',
      isProtected: name === 'mixed-stack',
      outputs: {},
    };
    await deploy();
    expect(clouds.state.stacks[name]?.status).toBe('CREATE_COMPLETE');
  });

  it('gives the Worker its secrets before the version that cannot do without them', async () => {
    const { clouds, deploy } = world({ failOnce: 'wrangler deploy' });
    await expect(deploy()).rejects.toThrow(/lost its connection/);
    expect(Object.keys(clouds.state.worker?.secrets ?? {}).toSorted()).toEqual([
      'ADMIN_TOKEN_HASH',
      'AWS_ACCESS_KEY_ID',
      'AWS_ACCESS_KEY_IN_USE_AKIA1',
      'AWS_SECRET_ACCESS_KEY',
    ]);
  });

  it('deploys the stack again when it differs from the code', async () => {
    const { clouds, deploy } = world();
    await deploy();
    clouds.state.stackIsCurrent = false;
    clouds.commands.length = 0;
    await deploy();
    expect(clouds.changes[0]).toMatch(/^cdk deploy mixed-stack/);
  });

  it('shows how the stack differs, permissions included, before it asks', async () => {
    const { clouds, context, said, deploy: deployOnce } = world();
    const plan = () => deploy(context, { planOnly: true, confirm: () => expect.fail('asked') });
    await plan();
    expect(said()).toContain('IAM Statement Changes');
    await deployOnce();
    const before = said().length;
    await plan();
    expect(said().slice(before)).not.toContain('IAM Statement Changes');
    clouds.state.stackIsCurrent = false;
    await plan();
    expect(said().slice(before)).toContain('IAM Statement Changes');
  });

  it('stops where the comparison itself fails', async () => {
    const { clouds, deploy } = world();
    await deploy();
    clouds.commands.length = 0;
    clouds.state.failOnce = 'cdk diff';
    await expect(deploy()).rejects.toThrow(/cdk diff mixed-stack failed:\ncdk lost its connection/);
    expect(clouds.changes).toEqual([]);
  });

  it('refuses another account than the document names', async () => {
    const { context } = world();
    const environment = mixedEnvironment({ account: '999988887777' });
    await expect(deploy({ ...context, environment }, goOn)).rejects.toThrow(
      /credentials are for account 111122223333, and the deployment document is for 999988887777/,
    );
  });

  it('notices when what is up is not what was deployed, and when strangers are served', async () => {
    const { context } = world({}, { ADMIN_TOKEN_HASH: adminTokenHash, SMOKE_API_KEY: smokeKey });
    const serving = (answer: typeof fetch) => deploy({ ...context, fetch: answer }, goOn);
    await expect(serving(async () => Response.json({ data: [] }))).rejects.toThrow(
      '/v1/models: expected status 401 or 503, got 200',
    );
    const closed: typeof fetch = async (input, init) =>
      String(input).endsWith('/healthz') || new Headers(init?.headers).has('authorization')
        ? Response.json({ data: [{ id: 'other' }] })
        : new Response('no', { status: 401 });
    await expect(serving(closed)).rejects.toThrow(
      '/v1/models: does not have big, tiny, whole, whole-short, light',
    );
  });

  it('asks every variant at the end, when it has a key, and takes a busy one for well', async () => {
    const { context, said } = world({}, { ADMIN_TOKEN_HASH: adminTokenHash, SMOKE_API_KEY: smokeKey });
    await deploy(answering(context, 'whole', { status: 429 }), goOn);
    expect(said()).toContain('served by big, tiny, whole-short, light; too busy to say: whole');
    expect(said()).not.toContain(smokeKey);
  });

  it('fails where one variant does not serve, though others would stand in for it', async () => {
    const { context } = world({}, { ADMIN_TOKEN_HASH: adminTokenHash, SMOKE_API_KEY: smokeKey });
    await expect(deploy(answering(context, 'whole', { status: 502 }), goOn)).rejects.toThrow(
      /"whole" does not serve:\n.*expected status 200 or 429, got 502: broken/,
    );
  });

  it('waits until the new version is everywhere before it finds fault with what answers', async () => {
    const { context } = world({}, { ADMIN_TOKEN_HASH: adminTokenHash, ADMIN_TOKEN: adminToken });
    const startedAtMs = context.clock();
    const late: typeof fetch = async (input, init) =>
      context.clock() < startedAtMs + 50_000 && !String(input).endsWith('/healthz')
        ? new Response('of the version before', { status: 401 })
        : await context.fetch(input, init);
    await deploy({ ...context, fetch: late }, goOn);
  });

  it('tests with a key of its own where it may make one: revoked even if the test fails, expired if the run is killed', async () => {
    const { asked, context, ...again } = world(
      {},
      { ADMIN_TOKEN_HASH: adminTokenHash, ADMIN_TOKEN: adminToken },
    );
    await again.deploy();
    expect(asked).toEqual([
      '/admin/v1/keys {"name":"smoke-test","expiresInSeconds":3600}',
      '/admin/v1/keys/k1/revoke {}',
    ]);
    await expect(deploy(answering(context, 'light', { status: 502 }), goOn)).rejects.toThrow(
      /does not serve/,
    );
    expect(asked.at(-1)).toBe('/admin/v1/keys/k1/revoke {}');
  });

  it('finds a key or a token that can be none before it does anything, and does not repeat it', async () => {
    const pasted = `${adminToken}\nADMIN_TOKEN_HASH=${adminTokenHash}`;
    const { clouds, deploy } = world(
      {},
      { ADMIN_TOKEN_HASH: adminTokenHash, ADMIN_TOKEN: pasted, SMOKE_API_KEY: adminToken },
    );
    const message = await deploy().catch((error: Error) => error.message);
    expect(message).toMatch(/^Nothing was done[\s\S]+ADMIN_TOKEN: is none[\s\S]+SMOKE_API_KEY: is no key/);
    expect(message).not.toContain(adminToken);
    expect(clouds.changes).toEqual([]);
  });

  it('never shows a secret, and passes none on a command line', async () => {
    const { clouds, said, deploy } = world({ failOnce: 'wrangler secret bulk' });
    const failure = await deploy().catch((error: Error) => error.message);
    await deploy();
    for (const text of [failure, said(), ...clouds.commands]) expect(text).not.toMatch(/very-secret|dddd/);
  });
});

describe('rotate', () => {
  it('gives the Worker another access key and deletes the one it had', async () => {
    const { clouds, context, deploy } = world();
    await deploy();
    await rotate(context, { atOnce: false });
    expect(clouds.state.accessKeys.map(({ id }) => id)).toEqual(['AKIA2']);
    expect(clouds.state.worker?.secrets.AWS_SECRET_ACCESS_KEY).toBe('very-secret-2');
  });

  it('leaves the key in use where another does not arrive, however often', async () => {
    const { clouds, context, deploy } = world();
    await deploy();
    for (let attempt = 0; attempt < 2; attempt++) {
      clouds.state.failOnce = 'wrangler secret bulk';
      await expect(rotate(context, { atOnce: false })).rejects.toThrow(/lost its connection/);
      expect(clouds.state.accessKeys.map(({ id }) => id)).toEqual(['AKIA1']);
    }
    expect(clouds.state.worker?.secrets.AWS_ACCESS_KEY_ID).toBe('AKIA1');
  });

  it('keeps the new key where it arrived and only the answer did not', async () => {
    const { clouds, context, deploy } = world();
    await deploy();
    const { wrangler } = context.programs;
    const deaf: Run = async (args, options) => {
      const ended = await wrangler(args, options);
      return args[1] === 'bulk' ? { code: 1, stdout: '', stderr: 'fetch failed' } : ended;
    };
    await rotate({ ...context, programs: { ...context.programs, wrangler: deaf } }, { atOnce: false });
    expect(clouds.state.accessKeys.map(({ id }) => id)).toEqual(['AKIA2']);
    expect(clouds.state.worker?.secrets).toMatchObject({
      AWS_ACCESS_KEY_ID: 'AKIA2',
      AWS_ACCESS_KEY_IN_USE_AKIA2: 'yes',
    });
    expect(clouds.state.worker?.secrets).not.toHaveProperty('AWS_ACCESS_KEY_IN_USE_AKIA1');
  });

  it('waits until the new key is everywhere before it deletes the old, unless that is known to somebody', async () => {
    const { context, deploy } = world();
    await deploy();
    const waits: number[] = [];
    const pause = async (ms: number) => void waits.push(ms);
    await rotate({ ...context, pause }, { atOnce: false });
    expect(waits).toEqual([60_000]);
    await rotate({ ...context, pause }, { atOnce: true });
    expect(waits).toHaveLength(1);
  });

  it('says so where nothing is deployed', async () => {
    await expect(rotate(world().context, { atOnce: false })).rejects.toThrow(
      'Environment staging is not deployed.',
    );
  });
});

describe.each<[string, (context: Context) => Promise<void>]>([
  ['destroy', (context) => destroy(context, 'mixed-worker')],
  ['rotate', (context) => rotate(context, { atOnce: false })],
])('%s', (_, command) => {
  it.each<[string, Partial<CloudState>, RegExp]>([
    ['without credentials of Cloudflare', { loggedIn: false }, /Cloudflare: no valid credentials/],
    ['in another account of AWS', { account: '999988887777' }, /credentials are for account 999988887777/],
  ])('does nothing %s', async (_, changes, words) => {
    const { clouds, context, deploy } = world();
    await deploy();
    const environment = mixedEnvironment({ account: '111122223333' });
    Object.assign(clouds.state, changes);
    clouds.commands.length = 0;
    await expect(command({ ...context, environment })).rejects.toThrow(words);
    expect(clouds.changes).toEqual([]);
  });
});

describe('an environment whose catalogue names another region', () => {
  it.each<[string, (context: Context) => Promise<void>]>([
    ['deployed', (context) => deploy(context, goOn)],
    ['destroyed', (context) => destroy(context, 'mixed-worker')],
  ])('is not %s before its stack in the former one is gone', async (_, command) => {
    const { clouds, context, deploy } = world();
    await deploy();
    clouds.state.stacks['mixed-stack']!.region = 'us-west-2';
    clouds.commands.length = 0;
    await expect(command(context)).rejects.toThrow(
      /stack mixed-stack is up in us-west-2, and the catalogue says eu-west-1.*npm run destroy -- --env staging --confirm mixed-worker/,
    );
    expect(clouds.changes).toEqual([]);
  });
});

describe('an environment that has left AWS', () => {
  const without = (context: Context): Context => {
    const { aws: _, ...document } = context.environment.document;
    return { ...context, environment: { ...context.environment, document } };
  };

  it.each<[string, (context: Context) => Promise<void>]>([
    ['deployment', (context) => deploy(context, goOn)],
    ['destruction', (context) => destroy(context, 'mixed-worker')],
  ])('is told at its %s of the stack that goes on costing', async (_, command) => {
    const { context, said, deploy: deployOnce } = world();
    await deployOnce();
    expect(said()).not.toContain('goes on costing');
    await command(without(context));
    expect(said()).toMatch(/stack mixed-stack.* goes on costing.*delete-stack --stack-name mixed-stack/);
  });
});

describe('destroy', () => {
  it('takes everything away, keys before the user they belong to', async () => {
    const { clouds, context, said, deploy } = world();
    await deploy();
    await destroy(context, 'mixed-worker');
    expect(clouds.state).toMatchObject({ worker: null, accessKeys: [], buckets: {} });
    expect(Object.keys(clouds.state.stacks)).toEqual(['CDKToolkit']);
    expect(said()).toMatch(/Left:\n {2}stack CDKToolkit in eu-west-1: other CDK apps/);
  });

  it.each([
    'wrangler secret list',
    'wrangler r2 bucket info',
    'wrangler r2 bucket delete',
    'wrangler r2 object get',
  ])('does not take a failing "%s" for something that is gone', async (failOnce) => {
    const { clouds, context, said, deploy } = world();
    await deploy();
    clouds.state.failOnce = failOnce;
    await expect(destroy(context, 'mixed-worker')).rejects.toThrow(/lost its connection/);
    expect(said()).not.toContain('Left');
    await destroy(context, 'mixed-worker');
    expect(clouds.state).toMatchObject({ worker: null, accessKeys: [], buckets: {} });
  });

  it('does nothing unless the Worker’s name was typed', async () => {
    const { clouds, context, said, deploy } = world();
    await deploy();
    const before = said().length;
    await expect(destroy(context, 'staging')).rejects.toThrow('add --confirm mixed-worker');
    expect(clouds.state.worker).not.toBeNull();
    // What it lists goes; the CDK's own stack stays.
    expect(said().slice(before)).toContain('stack mixed-stack');
    expect(said().slice(before)).not.toContain('CDKToolkit');
  });

  it('goes on where it was cut short, and is content when nothing is there', async () => {
    const { clouds, context, deploy } = world();
    await deploy();
    clouds.state.failOnce = 'cdk destroy';
    await expect(destroy(context, 'mixed-worker')).rejects.toThrow(/lost its connection/);
    await destroy(context, 'mixed-worker');
    await destroy(context, 'mixed-worker');
    expect(clouds.state.stacks['mixed-stack']).toBeUndefined();
  });

  it('touches nothing while a stack is protected, says how to lift that, and what of a bucket stays', async () => {
    const { clouds, context, said, deploy } = world();
    await deploy();
    Object.assign(clouds.state.buckets.artifacts!, { 'of-somebody-else': '' });
    clouds.state.stacks['mixed-stack']!.isProtected = true;
    await expect(destroy(context, 'mixed-worker')).rejects.toThrow(
      /--no-enable-termination-protection --stack-name mixed-stack/,
    );
    expect(clouds.state.worker).not.toBeNull();
    clouds.state.stacks['mixed-stack']!.isProtected = false;
    await destroy(context, 'mixed-worker');
    expect(said()).toContain('R2 bucket artifacts: it is not empty');
  });
});
