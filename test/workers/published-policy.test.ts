import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env as bindings } from 'cloudflare:workers';
import { InferenceSession } from 'onnxruntime-web/wasm';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Env } from '../../src/config.ts';
import { app } from '../../src/gateway/app.ts';
import { gatewayFor } from '../../src/gateway/gateway.ts';
import { type Artifact, digestOf } from '../../src/model/artifact.ts';
import { bundledArtifacts } from '../../src/model/bundled.ts';
import { bundledLearnedScorer, publishedPolicy } from '../../src/model/learned.ts';
import { packArtifact } from '../../src/model/packed-artifact.ts';
import { refreshMs } from '../../src/model/published-policy.ts';
import { type LearnedConfig, scorerSchema } from '../../src/routing/catalogue.ts';
import { createScorer } from '../../src/routing/create-scorer.ts';
import type { RequestRecord } from '../../src/telemetry/record.ts';
import { artifactOf } from '../support/networks.ts';
import { observation } from '../support/observations.ts';

const env = bindings as unknown as Env;
const { ARTIFACTS: bucket } = bindings as unknown as { ARTIFACTS: R2Bucket };
const key = 'policies/learned.json';
const bundled = bundledArtifacts.get('learned')!;
const config = scorerSchema.parse({ kind: 'learned' }) as LearnedConfig;

const nameOf = async ({ onnx }: Artifact) => (await digestOf(onnx)).slice(0, 12);
const log = vi.spyOn(console, 'error').mockImplementation(() => {});
afterAll(() => log.mockRestore());
beforeEach(() => void log.mockClear());

/** A policy that looks into the real bucket, and the clock it goes by. */
async function looking(runtime: LearnedConfig['runtime'] = 'plain') {
  const time = { nowMs: 0 };
  await bucket.delete(key);
  const policy = publishedPolicy(env.ARTIFACTS!, { ...config, runtime }, () => time.nowMs);
  return {
    policy,
    /** What is in use when a minute has passed. */
    nextMinute: async () => {
      time.nowMs += refreshMs;
      await policy.refresh();
      return policy.artifact;
    },
  };
}

describe('a policy that is published in the bucket', () => {
  it('takes the bundled one’s place, is replaced by the next, and gives it back when it is withdrawn', async () => {
    const { policy, nextMinute } = await looking();
    expect(await nextMinute()).toBeUndefined();
    for (const seed of [1, 2]) {
      const artifact = await artifactOf(seed);
      await bucket.put(key, packArtifact(artifact));
      expect(await nextMinute()).toEqual({ name: await nameOf(artifact) });
      const scores = await policy.scorer!.score(observation());
      expect(scores).not.toEqual(await bundledLearnedScorer(config).score(observation()));
    }
    await bucket.delete(key);
    expect(await nextMinute()).toBeUndefined();
    expect(policy.scorer).toBeUndefined();
  });

  it('is run by onnxruntime-web beside the bundled one, while that decides', async () => {
    const { policy, nextMinute } = await looking('onnx');
    const scorer = bundledLearnedScorer({ ...config, runtime: 'onnx' });
    const scores = await scorer.score(observation());
    await bucket.put(key, packArtifact(await artifactOf(3)));
    const loading = nextMinute();
    for (let turn = 0; turn < 200; turn++) expect(await scorer.score(observation())).toEqual(scores);
    await loading;
    for (let turn = 0; turn < 20; turn++) {
      const both = [policy.scorer!.score(observation()), scorer.score(observation())] as const;
      expect(await both[0]).not.toEqual(scores);
      expect(await both[1]).toEqual(scores);
    }
  });

  it('gives back the session of the one before when another is taken, or none', async () => {
    const { nextMinute } = await looking('onnx');
    const create = vi.spyOn(InferenceSession, 'create');
    const releases = () =>
      Promise.all(create.mock.results.map(async ({ value }) => vi.spyOn(await value, 'release')));
    const publish = async (seed: number) => await bucket.put(key, packArtifact(await artifactOf(seed)));
    await publish(11);
    await nextMinute();
    const [first] = await releases();
    await publish(12);
    await nextMinute();
    expect(first).toHaveBeenCalledTimes(1);
    const [, second] = await releases();
    expect(second).not.toHaveBeenCalled();
    await bucket.delete(key);
    await nextMinute();
    expect(second).toHaveBeenCalledTimes(1);
    create.mockRestore();
  });

  it('is asked for once a minute, and read only when it is another', async () => {
    const { policy, nextMinute } = await looking();
    const get = vi.spyOn(env.ARTIFACTS!, 'get');
    await bucket.put(key, packArtifact(await artifactOf(4)));
    await nextMinute();
    expect(policy.refresh()).toBeUndefined();
    expect(get).toHaveBeenCalledTimes(1);
    await nextMinute();
    expect(get).toHaveBeenCalledTimes(2);
    expect(await get.mock.results[1]!.value).not.toHaveProperty('text');
    get.mockRestore();
  });

  const changed = (change: object) => async () => {
    const artifact = await artifactOf(5);
    return packArtifact({ ...artifact, manifest: { ...(artifact.manifest as object), ...change } });
  };
  const another = async () => packArtifact({ ...(await artifactOf(5)), onnx: bundled.onnx });
  const faults: readonly (readonly [string, () => Promise<string>])[] = [
    ['hash-mismatch', another],
    ['observation-version-mismatch', changed({ observationVersion: 999 })],
    ['features-mismatch', changed({ featureLimit: 1 })],
    ['manifest-invalid', changed({ format: 'old' })],
    ['manifest-invalid', async () => 'no artifact'],
    ['manifest-invalid', async () => '{"manifest":{},"onnx":"no base 64"}'],
    ['network-unreadable', async () => ' '.repeat(4 * 1024 * 1024 + 1)],
  ];
  it.each(faults)(
    'is not taken with a %s: the bundled one stays, or the last that was good',
    async (because, text) => {
      const { nextMinute } = await looking();
      await bucket.put(key, await text());
      expect(await nextMinute()).toEqual({ name: 'bundled', because });
      expect(log).toHaveBeenCalledTimes(1);
      // It is the same still, and not read again.
      expect(await nextMinute()).toEqual({ name: 'bundled', because });
      expect(log).toHaveBeenCalledTimes(1);
      const good = await artifactOf(6);
      await bucket.put(key, packArtifact(good));
      expect(await nextMinute()).toEqual({ name: await nameOf(good) });
      await bucket.put(key, await text());
      expect(await nextMinute()).toEqual({ name: await nameOf(good), because });
    },
  );

  it('stays while the bucket does not answer', async () => {
    const { nextMinute } = await looking();
    const good = await artifactOf(7);
    await bucket.put(key, packArtifact(good));
    await nextMinute();
    const get = vi.spyOn(env.ARTIFACTS!, 'get').mockRejectedValue(new Error('we encountered an error'));
    expect(await nextMinute()).toEqual({ name: await nameOf(good), because: 'artifact-unreachable' });
    get.mockRestore();
    expect(await nextMinute()).toEqual({ name: await nameOf(good) });
  });
});

describe('an answer', () => {
  /** What a request is told and what is recorded of it, before anything that it has put off is done. */
  async function served(context = createExecutionContext()) {
    const records: RequestRecord[] = [];
    Object.assign(gatewayFor(env), {
      backends: {
        openai: {
          complete: async () => ({ choices: [{ message: { content: 'Hello.' }, finish_reason: 'stop' }] }),
        },
      },
      records: (record: RequestRecord) => records.push(record),
    });
    const body = JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'Hello.' }] });
    const request = (path: string) => new Request(`http://127.0.0.1${path}`, { method: 'POST', body });
    const answer = await app.fetch(request('/v1/chat/completions'), env, context);
    await answer.text();
    const route = await (await app.fetch(request('/v1/route'), env, context)).json();
    return { reason: answer.headers.get('x-route-reason'), record: records[0], route };
  }

  /** Gives the gateway a policy that was never looked for. */
  function startAnew(): void {
    Object.assign(gatewayFor(env), {
      scorer: createScorer(config, Math.random, bundledLearnedScorer),
      published: publishedPolicy(env.ARTIFACTS!, config, Date.now),
    });
  }

  it('waits for no artifact, and the next one is decided by it', async () => {
    const artifact = await artifactOf(8);
    await bucket.put(key, packArtifact(artifact));
    startAnew();
    const [context, gate] = [createExecutionContext(), Promise.withResolvers<void>()];
    const found = await bucket.get(key);
    vi.spyOn(env.ARTIFACTS!, 'get').mockImplementationOnce(() => gate.promise.then(() => found));
    const first = await served(context);
    gate.resolve();
    await waitOnExecutionContext(context);
    expect(first.reason).toMatch(/^learned:[a-z-]+$/);
    expect(first.record).not.toHaveProperty('artifact');
    const second = await served();
    expect(second.reason).toMatch(/^learned:[a-z-]+$/);
    expect(second.record?.artifact).toEqual({ name: await nameOf(artifact) });
    expect(second.route).toMatchObject({ scorer: 'learned', artifact: { name: await nameOf(artifact) } });
  });

  it('says that it is the bundled one’s, and why, where the published one is not good', async () => {
    await bucket.put(key, packArtifact({ ...(await artifactOf(9)), onnx: bundled.onnx }));
    startAnew();
    const context = createExecutionContext();
    await served(context);
    await waitOnExecutionContext(context);
    const { reason, record } = await served();
    expect(reason).toMatch(/^learned:[a-z-]+;artifact=bundled;because=hash-mismatch$/);
    expect(record).toMatchObject({ artifact: { name: 'bundled', because: 'hash-mismatch' }, reason });
  });
});
