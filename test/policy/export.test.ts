import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { describe, expect, it } from 'vitest';
import { exportPolicy } from '../../policy/export/export-policy.ts';
import { writeModel } from '../../policy/export/onnx.ts';
import { policyGraph } from '../../policy/export/policy-graph.ts';
import { verify } from '../../src/model/artifact.ts';
import { readNetwork } from '../../src/model/network-file.ts';
import { seededRandom } from '../../src/platform/random.ts';
import { featuresOf, TERMS, termsOf } from '../../src/routing/learned/features.ts';
import { forward, type PolicyNetwork } from '../../src/routing/learned/network.ts';
import { viewPool } from '../../src/routing/learned/pool-view.ts';
import { argmax, largestDifference, provenance, randomNetwork, startNetwork } from '../support/networks.ts';
import { randomObservation } from '../support/observations.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

env.wasm.numThreads = 1;
const tensor = (values: Float32Array, ...dims: number[]) => new Tensor('float32', values, dims);
const bundled = new Uint8Array(readFileSync('policy/artifacts/learned.onnx'));

async function run(session: InferenceSession, inputs: Record<string, Tensor>): Promise<Float32Array> {
  const { scores } = await session.run(inputs);
  return scores!.data as Float32Array;
}

/** A few steps of a float32 near 1. */
const ROUNDING = 5e-7;

/**
 * Runs of both on 1,000 random observations: the largest difference, and how often they prefer another action. Idle twins
 * can be equals to the last bit of a float32, and which of these comes first is no preference.
 */
async function compare(onnx: Uint8Array, network: PolicyNetwork) {
  const session = await InferenceSession.create(onnx);
  const random = seededRandom(3);
  let difference = 0;
  let otherwise = 0;
  for (let round = 0; round < 1_000; round++) {
    const observation = randomObservation(random);
    const { length } = observation.actions;
    const [features, terms] = [featuresOf(viewPool(observation)), termsOf(viewPool(observation))];
    const trained = forward(network, features, terms, length);
    const exported = await run(session, {
      features: tensor(features, length, network.features),
      terms: tensor(terms, length, TERMS),
    });
    difference = Math.max(difference, largestDifference(trained, exported));
    const lead = trained[argmax(trained)]! - trained[argmax(exported)]!;
    otherwise += Number(lead > ROUNDING);
  }
  return { difference, otherwise };
}

describe('an exported policy', () => {
  it.each([
    ['any network', randomNetwork(seededRandom(1))],
    ['a large one', randomNetwork(seededRandom(2), 64)],
    ['the bundled one', readNetwork(bundled)],
  ])('scores 1,000 random observations as the training code does: %s', async (_, network) => {
    const { difference, otherwise } = await compare(writeModel(policyGraph(network)), network);
    expect(difference).toBeLessThan(1e-5);
    expect(otherwise).toBe(0);
  });

  it('has other scores once a weight is another', async () => {
    const network = randomNetwork(seededRandom(1));
    const onnx = writeModel(policyGraph(network));
    network.w1[0]! += 0.1;
    expect((await compare(onnx, network)).difference).toBeGreaterThan(1e-3);
  });

  it('holds a price that ran away', async () => {
    const network = startNetwork();
    network.b2[1] = 500;
    const features = new Float32Array(network.features);
    const terms = Float32Array.of(1, 0, 1, 0);
    const session = await InferenceSession.create(writeModel(policyGraph(network)));
    const inputs = { features: tensor(features, 1, network.features), terms: tensor(terms, 1, TERMS) };
    const scores = await run(session, inputs);
    expect(largestDifference(forward(network, features, terms, 1), scores)).toBeLessThan(1e-5);
    expect(scores[0]).toBeGreaterThan(-1e9);
  });

  it('is read back weight for weight', () => {
    const network = randomNetwork(seededRandom(4), 5);
    const onnx = writeModel(policyGraph(network));
    expect(readNetwork(onnx)).toEqual(network);
    // What the file system gives is often a part of a larger buffer.
    expect(readNetwork(Buffer.concat([Buffer.alloc(3), onnx]).subarray(3))).toEqual(network);
  });

  it('is written with a manifest that it is held to', async () => {
    const folder = await temporaryFolder();
    const network = randomNetwork(seededRandom(5));
    const manifest = exportPolicy(network, provenance, folder, 'tested');
    const onnx = new Uint8Array(readFileSync(join(folder, 'tested.onnx')));
    const document = JSON.parse(readFileSync(join(folder, 'tested.json'), 'utf8'));
    expect(document).toEqual(manifest);
    expect(await verify({ onnx, manifest: document })).toMatchObject(provenance);
    expect(readNetwork(onnx)).toEqual(network);
  });
});

describe('the bundled artifact', () => {
  it('is one that this code may use', async () => {
    const manifest = JSON.parse(readFileSync('policy/artifacts/learned.json', 'utf8'));
    await expect(verify({ onnx: bundled, manifest })).resolves.toBeDefined();
  });
});
