import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env as bindings } from 'cloudflare:workers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import type { Env } from '../../src/config.ts';
import { app } from '../../src/gateway/app.ts';
import { gatewayFor } from '../../src/gateway/gateway.ts';
import type { Artifact } from '../../src/model/artifact.ts';
import { bundledArtifacts } from '../../src/model/bundled.ts';
import { learnedScorer, loadNetwork } from '../../src/model/learned-scorer.ts';
import { onnxRuntime } from '../../src/model/onnx-runtime.ts';
import { plainRuntime } from '../../src/model/plain-runtime.ts';
import type { Inference } from '../../src/model/runtime.ts';
import { seededRandom } from '../../src/platform/random.ts';
import { scorerSchema } from '../../src/routing/catalogue.ts';
import { createScorer } from '../../src/routing/create-scorer.ts';
import type { RequestRecord } from '../../src/telemetry/record.ts';
import { argmax, largestDifference, randomRows } from '../support/networks.ts';
import { randomObservation } from '../support/observations.ts';

const env = bindings as unknown as Env;
const learned = bundledArtifacts.get('learned')!;
const prices = scorerSchema.parse({ kind: 'shadow-price' });
const network = await loadNetwork(learned, onnxRuntime);

describe('onnxruntime-web in workerd', () => {
  it('scores 1,000 random observations as the plain loops do, by its own session', async () => {
    const [onnx, plain] = [network, await loadNetwork(learned, plainRuntime)].map((infer) =>
      learnedScorer(Promise.resolve(infer)),
    );
    const random = seededRandom(21);
    for (let round = 0; round < 1_000; round++) {
      const observation = randomObservation(random);
      const [was, is] = [await plain!.score(observation), await onnx!.score(observation)];
      expect(largestDifference(was, is)).toBeLessThan(1e-5);
      expect(argmax(is)).toBe(argmax(was));
    }
  });

  it('keeps decisions apart that are taken at once', async () => {
    const plain = await plainRuntime(learned.onnx);
    const random = seededRandom(22);
    const decisions = Array.from({ length: 200 }, async (_, index) => {
      const { features, terms, rows } = randomRows(random, 1 + (index % 9));
      for (let turn = 0; turn < (index * 7) % 13; turn++) await undefined;
      const scores = await network(features, terms, rows);
      return largestDifference(await plain(features, terms, rows), scores);
    });
    expect(Math.max(...(await Promise.all(decisions)))).toBeLessThan(1e-5);
  });

  it('gives its session back when the runs that have begun are done, even those behind it in the queue', async () => {
    const leaving = await onnxRuntime(learned.onnx);
    const rows = randomRows(seededRandom(23), 4);
    const run = () => leaving(rows.features, rows.terms, rows.rows);
    const first = run();
    const released = Promise.resolve().then(() => leaving.release?.());
    const others = [run(), run()];
    for (const scores of await Promise.all(others)) expect(scores).toEqual(await first);
    await released;
    await expect(run()).rejects.toThrow('session');
    expect(await network(rows.features, rows.terms, rows.rows)).toHaveLength(rows.rows);
  });

  it('does not start on a file that is no network', async () => {
    const corrupt = learned.onnx.slice().fill(0xff, 100, 200);
    await expect(onnxRuntime(corrupt)).rejects.toThrow(expect.objectContaining({ kind: 'runtime-failed' }));
  });
});

/** Answers at once: this is about who decides. */
const backend: Backend = {
  complete: async () => ({ choices: [{ message: { content: 'Hello.' }, finish_reason: 'stop' }] }),
  stream: () => Promise.reject(new Error('nobody asks for a stream here')),
};

/** What a client gets, and what is recorded of it, when this network is to decide. */
async function served(loading: Promise<Inference>) {
  const records: RequestRecord[] = [];
  Object.assign(gatewayFor(env), {
    scorer: learnedScorer(loading),
    published: undefined,
    fallback: createScorer(prices, Math.random),
    backends: { openai: backend, sagemaker: backend, 'workers-ai': backend },
    records: (record: RequestRecord) => records.push(record),
  });
  const context = createExecutionContext();
  const request = (path: string) =>
    new Request(`http://127.0.0.1${path}`, {
      method: 'POST',
      body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'Hello.' }] }),
    });
  const route = await app.fetch(request('/v1/route'), env, context);
  const answer = await app.fetch(request('/v1/chat/completions'), env, context);
  expect(answer.status).toBe(200);
  await answer.text();
  await waitOnExecutionContext(context);
  return {
    reason: answer.headers.get('x-route-reason'),
    record: records[0],
    route: (await route.json()) as Pick<RequestRecord, 'scorer' | 'insteadOf'>,
  };
}

describe('a decision', () => {
  const log = vi.spyOn(console, 'error');
  beforeAll(() => void log.mockImplementation(() => {}));
  afterAll(() => log.mockRestore());

  it('is the network’s where there is one', async () => {
    const { reason, record, route } = await served(Promise.resolve(network));
    expect(reason).toBe('learned:first-choice');
    expect(record).toMatchObject({ scorer: 'learned', reason });
    expect(record).not.toHaveProperty('insteadOf');
    expect(route.scorer).toBe('learned');
  });

  const manifest = learned.manifest as { features: object[]; observationVersion: number };
  const changed = (changes: object): Artifact => ({ ...learned, manifest: { ...manifest, ...changes } });
  const throwing: Inference = () => {
    throw new Error('the session is gone');
  };
  const faults: readonly (readonly [string, () => Promise<Inference>])[] = [
    [
      'hash-mismatch',
      () => loadNetwork({ ...learned, onnx: learned.onnx.slice().fill(1, 100, 101) }, onnxRuntime),
    ],
    ['observation-version-mismatch', () => loadNetwork(changed({ observationVersion: 999 }), onnxRuntime)],
    ['features-mismatch', () => loadNetwork(changed({ features: manifest.features.slice(1) }), onnxRuntime)],
    ['manifest-invalid', () => loadNetwork(changed({ format: 'old' }), onnxRuntime)],
    ['runtime-failed', () => onnxRuntime(Uint8Array.of(1, 2, 3))],
    ['inference-failed', async () => throwing],
    ['not-a-number', async () => (_, __, rows) => new Float32Array(rows).fill(Number.NaN)],
  ];
  it.each(faults)('is the shadow price’s, and says so, after %s', async (kind, load) => {
    const { reason, record, route } = await served(load());
    const insteadOf = { scorer: 'learned', because: kind };
    expect(reason).toBe(`shadow-price:first-choice;instead-of=learned;because=${kind}`);
    expect(record).toMatchObject({ scorer: 'shadow-price', insteadOf, reason });
    expect(route).toMatchObject({ scorer: 'shadow-price', insteadOf });
  });
});
