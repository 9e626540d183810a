import type { Clock } from '../platform/clock.ts';
import type { LearnedConfig } from '../routing/catalogue.ts';
import { type Scorer, ScorerFault } from '../routing/scorer.ts';
import { bundledArtifacts } from './bundled.ts';
import { learnedScorer, loadNetwork } from './learned-scorer.ts';
import { publishedKey } from './packed-artifact.ts';
import { plainRuntime } from './plain-runtime.ts';
import { type ArtifactBucket, PublishedPolicy } from './published-policy.ts';
import type { Inference, Runtime } from './runtime.ts';

/**
 * Whether the bundle has onnxruntime-web in it, as `define` in wrangler.toml says: where not, the bundler drops the
 * import. Importing late is not enough, since workerd compiles every WebAssembly module of a bundle when it loads the
 * Worker, imported or not.
 */
declare const CARRIES_ONNXRUNTIME: boolean;

const runtimes: Readonly<Record<LearnedConfig['runtime'], () => Promise<Runtime>>> = {
  plain: async () => plainRuntime,
  onnx: async () => {
    const imported = CARRIES_ONNXRUNTIME ? import('./onnx-runtime.ts') : undefined;
    if (imported === undefined)
      throw new ScorerFault(
        'runtime-missing',
        'onnxruntime-web: CARRIES_ONNXRUNTIME was false in the bundling',
      );
    try {
      return (await imported).onnxRuntime;
    } catch (error) {
      throw new ScorerFault('runtime-failed', String(error), { cause: error });
    }
  },
};

/** One per isolate, whatever asks for it: at start-up, or with the first request. */
const networks = new Map<string, Promise<Inference>>();

/** The learned scorer that a configuration asks for, of the artifacts that come with the Worker. */
export function bundledLearnedScorer(config: LearnedConfig): Scorer {
  return learnedScorer(networkFor(config));
}

/** The policy that a bucket may hold in place of the bundled one, run as the configuration says. */
export function publishedPolicy(
  bucket: ArtifactBucket,
  { artifact, runtime }: LearnedConfig,
  clock: Clock,
): PublishedPolicy {
  return new PublishedPolicy({
    bucket,
    key: publishedKey(artifact),
    load: async (found) => await loadNetwork(found, await runtimes[runtime]()),
    clock,
  });
}

/** Resolves when the network is ready or has failed, which the first decision will say. */
export async function prepareLearned(config: LearnedConfig): Promise<void> {
  await networkFor(config).catch(() => {});
}

function networkFor(config: LearnedConfig): Promise<Inference> {
  const key = `${config.artifact} ${config.runtime}`;
  const known = networks.get(key);
  if (known !== undefined) return known;
  const network = load(config);
  networks.set(key, network);
  return network;
}

async function load({ artifact, runtime }: LearnedConfig): Promise<Inference> {
  const found = bundledArtifacts.get(artifact);
  if (found === undefined)
    throw new ScorerFault('artifact-missing', `known: ${[...bundledArtifacts.keys()].join(', ')}`);
  return await loadNetwork(found, await runtimes[runtime]());
}
