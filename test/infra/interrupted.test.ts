import { describe, expect, it, vi } from 'vitest';
import type { Context } from '../../infra/provisioning/context.ts';
import { deploy } from '../../infra/provisioning/deploy.ts';
import { destroy } from '../../infra/provisioning/destroy.ts';
import type { Programs, Run } from '../../infra/provisioning/programs.ts';
import { rotate } from '../../infra/provisioning/rotate.ts';
import { Clouds } from '../support/clouds/clouds.ts';
import { deploymentTo, goOn } from '../support/clouds/deployment.ts';
import type { CloudState } from '../support/clouds/state.ts';
import { mixedEnvironment } from '../support/environment.ts';

// Keys are computed, and machines differ.
vi.setConfig({ testTimeout: 120_000 });

type Command = (context: Context) => Promise<void>;

const up: Command = (context) => deploy(context, goOn);
const down: Command = (context) => destroy(context, 'mixed-worker');
const anew: Command = (context) => rotate(context, { atOnce: false });

/** The API that is deployed, as far as a deployment without a key asks it. */
const api: typeof fetch = async (input) =>
  String(input).endsWith('/healthz') ? Response.json({ status: 'ok' }) : new Response('no', { status: 401 });

function world(identity: 'access-key' | 'web-identity' = 'access-key') {
  const clouds = new Clouds();
  const environment = mixedEnvironment({ identity });
  return { clouds, ...deploymentTo(clouds, { environment, fetch: api }) };
}

/** Where a command is killed: while a program runs for it. */
interface Death {
  /** Of the program, among those of the deadly kind, from 1. */
  readonly place: number;
  /** Whether the cloud has done by then what it was asked. */
  readonly isHeard: boolean;
  /** Beginnings of the programs' command lines. */
  readonly during: RegExp;
}

/**
 * Kills a command's process: nothing of it goes on, no error is caught, nothing is tidied up.
 * @returns whether the command got so far
 */
async function killedAt({ place, isHeard, during }: Death, context: Context, command: Command) {
  const kill = Promise.withResolvers<true>();
  const silence = new Promise<never>(() => {});
  let begun = 0;
  const mortal =
    (run: Run): Run =>
    async (args, options) => {
      if (begun >= place) return await silence;
      if (during.test(args.join(' '))) begun++;
      if (begun < place) return await run(args, options);
      if (isHeard) await run(args, options);
      kill.resolve(true);
      return await silence;
    };
  const { aws, cdk, wrangler } = context.programs;
  const programs: Programs = { aws: mortal(aws), cdk: mortal(cdk), wrangler: mortal(wrangler) };
  return await Promise.race([kill.promise, command({ ...context, programs }).then(() => false)]);
}

/** Every way to kill a command, each tried on a world of its own that is prepared for it. */
async function everyKill<World extends { context: Context }>(
  prepare: () => Promise<World>,
  command: Command,
  then: (world: World) => Promise<void>,
  during = /./,
): Promise<number> {
  let kills = 0;
  for (const isHeard of [false, true])
    for (let place = 1; ; place++) {
      const prepared = await prepare();
      if (!(await killedAt({ place, isHeard, during }, prepared.context, command))) break;
      await then(prepared);
      kills++;
    }
  return kills;
}

/** The key in the Worker's hands works, and is the only one. */
function expectOneKey({ worker, accessKeys }: CloudState): void {
  expect(accessKeys).toHaveLength(1);
  expect(worker?.secrets.AWS_ACCESS_KEY_ID).toBe(accessKeys[0]?.id);
  expect(worker?.secrets.AWS_SECRET_ACCESS_KEY).toBe(accessKeys[0]?.secret);
}

function expectNothing({ worker, accessKeys, buckets, stacks }: CloudState): void {
  expect({ worker, accessKeys, buckets }).toEqual({ worker: null, accessKeys: [], buckets: {} });
  expect(Object.keys(stacks).filter((name) => name !== 'CDKToolkit')).toEqual([]);
}

async function deployed(identity?: 'access-key' | 'web-identity') {
  const prepared = world(identity);
  await up(prepared.context);
  return prepared;
}

describe('a deployment that was killed anywhere', () => {
  it('is finished by the next', async () => {
    const kills = await everyKill(
      async () => world(),
      up,
      async ({ clouds, context }) => {
        await up(context);
        expect(clouds.state.stacks['mixed-stack']?.status).toBe('CREATE_COMPLETE');
        expect(Object.keys(clouds.state.buckets)).toEqual(['artifacts']);
        expect(clouds.state.worker?.variables).toHaveProperty('CATALOGUE');
        expectOneKey(clouds.state);
      },
    );
    expect(kills).toBeGreaterThan(40);
  });

  it('is finished by the next where the Worker signs tokens of its own', async () => {
    const kills = await everyKill(
      async () => world('web-identity'),
      up,
      async ({ clouds, context }) => {
        await up(context);
        expect(clouds.state.worker?.variables).toHaveProperty('AWS_ROLE_ARN');
        expect(clouds.state.worker?.secrets).toHaveProperty('AWS_WEB_IDENTITY_KEY');
      },
      // Everything else is the same, and a key takes its time.
      /^(secret bulk|deploy)/,
    );
    expect(kills).toBe(8);
  });

  it('leaves nothing that a destruction does not find', async () => {
    await everyKill(
      async () => world(),
      up,
      async ({ clouds, context }) => {
        await down(context);
        expectNothing(clouds.state);
      },
    );
  });
});

describe('a destruction that was killed anywhere', () => {
  it('is finished by the next, and by one more', async () => {
    const kills = await everyKill(deployed, down, async ({ clouds, context }) => {
      await down(context);
      expectNothing(clouds.state);
      await down(context);
    });
    expect(kills).toBeGreaterThan(20);
  });

  it('is undone by a deployment', async () => {
    await everyKill(deployed, down, async ({ clouds, context }) => {
      await up(context);
      expectOneKey(clouds.state);
      expect(clouds.state.worker?.variables).toHaveProperty('CATALOGUE');
    });
  });
});

it('what was destroyed can be deployed again', async () => {
  const { clouds, context } = await deployed();
  await down(context);
  await up(context);
  expectOneKey(clouds.state);
});

describe('an exchange of access keys that was killed anywhere', () => {
  /** The context, in which every program that ends finds the Worker with a key that works. */
  function watched({ context, clouds }: Awaited<ReturnType<typeof deployed>>): Context {
    const watch =
      (run: Run): Run =>
      async (args, options) => {
        const ended = await run(args, options);
        const { worker, accessKeys } = clouds.state;
        expect(accessKeys.map(({ id }) => id)).toContain(worker?.secrets.AWS_ACCESS_KEY_ID);
        return ended;
      };
    const { aws, cdk, wrangler } = context.programs;
    return { ...context, programs: { aws: watch(aws), cdk: watch(cdk), wrangler: watch(wrangler) } };
  }

  it.each<[string, Command]>([
    ['exchange', anew],
    ['deployment', up],
  ])('is finished by the next %s, and the Worker never has a key that is gone', async (_, next) => {
    const kills = await everyKill(
      async () => {
        const prepared = await deployed();
        return { ...prepared, context: watched(prepared) };
      },
      anew,
      async ({ clouds, context }) => {
        await next(context);
        expectOneKey(clouds.state);
      },
    );
    expect(kills).toBeGreaterThan(14);
  });

  it('leaves the Worker its key where the next one fails, too', async () => {
    await everyKill(deployed, anew, async ({ clouds, context }) => {
      clouds.state.failOnce = 'wrangler secret bulk';
      await expect(anew(context)).rejects.toThrow(/lost its connection/);
      const { worker, accessKeys } = clouds.state;
      expect(accessKeys.map(({ id }) => id)).toContain(worker?.secrets.AWS_ACCESS_KEY_ID);
    });
  });
});

describe('what CloudFormation still does for a run that was cut short', () => {
  const done = {
    status: 'CREATE_COMPLETE',
    isProtected: false,
    outputs: { InvokerUser: 'mixed-stack-invoker' },
  };

  it.each<[string, string, CloudState['stacks'][string] | undefined]>([
    ['CREATE_IN_PROGRESS', 'ends well', done],
    ['CREATE_IN_PROGRESS', 'is taken back', { ...done, status: 'ROLLBACK_COMPLETE', outputs: {} }],
    ['UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'ends well', { ...done, status: 'UPDATE_COMPLETE' }],
    ['DELETE_IN_PROGRESS', 'leaves nothing', undefined],
  ])('%s is waited for by whoever comes next, when it %s', async (status, _, end) => {
    for (const command of [up, down])
      for (const name of ['mixed-stack', 'CDKToolkit']) {
        const { clouds, context, said } = world();
        clouds.state.stacks[name] = { status, isProtected: false, outputs: {} };
        const { pause } = context;
        const ending = async (ms: number) => {
          await pause(ms);
          if (end === undefined) delete clouds.state.stacks[name];
          else clouds.state.stacks[name] = structuredClone(end);
        };
        await command({ ...context, pause: ending });
        if (command === up) expectOneKey(clouds.state);
        else expectNothing(clouds.state);
        if (command === up || name === 'mixed-stack') expect(said()).toContain(`${name}: ${status}; waits`);
      }
  });
});
