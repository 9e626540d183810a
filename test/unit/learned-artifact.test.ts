import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { writeModel } from '../../policy/export/onnx.ts';
import { policyGraph } from '../../policy/export/policy-graph.ts';
import type { Artifact } from '../../src/model/artifact.ts';
import { learnedScorer, loadNetwork } from '../../src/model/learned-scorer.ts';
import type { Manifest } from '../../src/model/manifest.ts';
import { plainRuntime } from '../../src/model/plain-runtime.ts';
import type { Inference } from '../../src/model/runtime.ts';
import { seededRandom } from '../../src/platform/random.ts';
import { features, LIMIT } from '../../src/routing/learned/features.ts';
import { HEADS } from '../../src/routing/learned/network.ts';
import { OBSERVATION_VERSION } from '../../src/routing/observation.ts';
import { ScorerFault } from '../../src/routing/scorer.ts';
import { describeScorer } from '../contract/scorer.contract.ts';
import { provenance, randomNetwork, startNetwork } from '../support/networks.ts';
import { observation } from '../support/observations.ts';

const network = randomNetwork(seededRandom(1), 4);
const onnx = writeModel(policyGraph(network));

function manifestOf(file: Uint8Array, changes: Partial<Manifest> = {}): Manifest {
  return {
    format: 1,
    network: {
      sha256: createHash('sha256').update(file).digest('hex'),
      bytes: file.byteLength,
      hidden: network.hidden,
    },
    observationVersion: OBSERVATION_VERSION,
    features,
    featureLimit: LIMIT,
    ...provenance,
    ...changes,
  };
}

const artifact = (changes: Partial<Manifest> = {}): Artifact => ({
  onnx,
  manifest: manifestOf(onnx, changes),
});
const withFile = (file: Uint8Array): Artifact => ({ onnx: file, manifest: manifestOf(file) });
const withFeature = (index: number, changes: object): Artifact =>
  artifact({ features: features.with(index, { ...features[index]!, ...changes }) });

/** The kind and the words of the fault that an artifact, or a runtime, ends in. */
async function faultOf(given: Artifact, infer?: Inference): Promise<string> {
  const network = loadNetwork(given, infer === undefined ? plainRuntime : async () => infer);
  const error = await Promise.resolve(learnedScorer(network).score(observation())).then(
    () => undefined,
    (error: unknown) => error,
  );
  return error instanceof ScorerFault ? `${error.kind}: ${error.message}` : String(error);
}

const log = vi.spyOn(console, 'error').mockImplementation(() => {});
beforeEach(() => void log.mockClear());

describeScorer('learned', () => learnedScorer(loadNetwork(artifact(), plainRuntime)));

describe('an artifact is refused', () => {
  it('when its file is another than the one described', async () => {
    const changed = onnx.slice();
    changed[changed.length - 1]! ^= 1;
    expect(await faultOf({ ...artifact(), onnx: changed })).toMatch(/^hash-mismatch: the manifest describes/);
    expect(log).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('the manifest describes'));
  });

  it('when it was trained on observations of another version', async () => {
    const other = artifact({ observationVersion: OBSERVATION_VERSION + 1 });
    expect(await faultOf(other)).toMatch(/^observation-version-mismatch: trained on version/);
  });

  it('when a feature has another name, order, centre, scale or bound, or is missing', async () => {
    const last = features.length - 1;
    const [a, b, ...rest] = features;
    for (const other of [
      withFeature(2, { name: 'another' }),
      withFeature(0, { centre: features[0]!.centre + 1 }),
      withFeature(last, { scale: 2 * features[last]!.scale }),
      artifact({ features: [b!, a!, ...rest] }),
      artifact({ features: features.slice(0, -1) }),
      artifact({ features: [...features, features[0]!] }),
      artifact({ featureLimit: LIMIT + 1 }),
    ])
      expect(await faultOf(other)).toMatch(/^features-mismatch: feature \d+: trained on ".*", observed is/);
  });

  it('but not when a feature is only explained in other words', async () => {
    expect(await faultOf(withFeature(0, { meaning: 'another text', unit: 'share' }))).toBe('undefined');
  });

  it('when its manifest is none, naming every fault', async () => {
    const { training: _, ...manifest } = manifestOf(onnx);
    expect(await faultOf({ onnx, manifest: { ...manifest, format: 2 } })).toMatch(
      /^manifest-invalid: format: .*; training: /,
    );
    expect(await faultOf({ onnx, manifest: undefined })).toMatch(/^manifest-invalid: /);
  });

  it('when its file is the one described and cannot be read', async () => {
    for (const file of [onnx.slice(0, 1_000), onnx.slice().fill(0xff, 40), Uint8Array.of(0)])
      expect(await faultOf(withFile(file))).toMatch(/^network-unreadable: /);
    const narrower = writeModel(policyGraph(randomNetwork(seededRandom(1), 3)));
    expect(await faultOf(withFile(narrower))).toMatch(/^network-unreadable: .*4 hidden units.* and 3$/);
  });
});

describe('a network', () => {
  it('whose scores are no numbers is refused when it is loaded, or later for the decision at hand', async () => {
    const broken = startNetwork(network.hidden);
    broken.w2[HEADS] = Number.NaN;
    expect(await faultOf(withFile(writeModel(policyGraph(broken))))).toMatch(/^not-a-number: /);
    const later: Inference = (_, __, rows) => new Float32Array(rows).fill(rows === 1 ? 0 : Number.NaN);
    expect(await faultOf(artifact(), later)).toMatch(/^not-a-number: /);
    expect(log).toHaveBeenLastCalledWith(expect.stringContaining('NaN, NaN, NaN'));
  });

  it('that throws, or gives another number of scores, fails the decision at hand only', async () => {
    let runs = 0;
    const infer: Inference = (_, __, rows) => {
      runs += 1;
      if (runs === 2) throw new Error('out of memory');
      return new Float32Array(runs === 3 ? rows + 1 : rows);
    };
    const scorer = learnedScorer(loadNetwork(artifact(), async () => infer));
    await expect(scorer.score(observation())).rejects.toThrow('out of memory');
    await expect(scorer.score(observation())).rejects.toThrow('4 scores for 3 actions');
    expect(await scorer.score(observation())).toHaveLength(3);
    expect(log).toHaveBeenCalledTimes(2);
  });

  it('is given back where it does not answer when it is loaded', async () => {
    const release = vi.fn(async () => {});
    const silent = Object.assign(() => Promise.reject(new Error('no answer')), { release });
    expect(await faultOf(artifact(), silent)).toMatch(/^inference-failed: .*no answer/);
    expect(release).toHaveBeenCalledTimes(1);
  });

  it('is at fault as well when what it is given cannot be worked out, so that another scorer decides', async () => {
    const scorer = learnedScorer(loadNetwork(artifact(), plainRuntime));
    const seen = observation();
    const unheardOf = { ...seen, request: { ...seen.request, task: 'unheard-of' } };
    await expect(scorer.score(unheardOf)).rejects.toMatchObject({ kind: 'inference-failed' });
  });
});
