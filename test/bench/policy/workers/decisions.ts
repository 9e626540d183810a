import { bundledArtifacts } from '../../../../src/model/bundled.ts';
import { loadNetwork } from '../../../../src/model/learned-scorer.ts';
import { onnxRuntime } from '../../../../src/model/onnx-runtime.ts';
import { plainRuntime } from '../../../../src/model/plain-runtime.ts';
import type { Inference } from '../../../../src/model/runtime.ts';
import { Ledger } from '../../../../src/pool/ledger.ts';
import { catalogueSchema, scorerSchema } from '../../../../src/routing/catalogue.ts';
import { createScorer } from '../../../../src/routing/create-scorer.ts';
import { featuresOf, termsOf } from '../../../../src/routing/learned/features.ts';
import { viewPool } from '../../../../src/routing/learned/pool-view.ts';
import { type Observation, observe, type RoutingRequest } from '../../../../src/routing/observation.ts';
import type { Work } from '../work.ts';

// The project's configuration binds them.
export { AccessObject, PoolObject } from '../../../../src/index.ts';

/**
 * The parts of a decision, each done as often as asked: `?work=onnx&actions=16&times=1000`. Time stands still in a
 * Worker that waits for nothing, so whoever asks reads the process's own.
 */
export default {
  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const [work, actions, times] = ['work', 'actions', 'times'].map((name) => searchParams.get(name));
    const once = works[work as Work](Number(actions));
    for (let time = Number(times); time > 0; time--) await once();
    return new Response();
  },
};

const artifact = bundledArtifacts.get('learned')!;
const plain = await loadNetwork(artifact, plainRuntime);
const onnx = await loadNetwork(artifact, onnxRuntime);
const prices = createScorer(scorerSchema.parse({ kind: 'shadow-price' }), Math.random);

const works: Readonly<Record<Work, (actions: number) => () => unknown>> = {
  observe: (actions) => {
    const see = poolOf(actions);
    return () => see();
  },
  'shadow-price': (actions) => {
    const observation = poolOf(actions)();
    return () => prices.score(observation);
  },
  features: (actions) => {
    const observation = poolOf(actions)();
    return () => inputsOf(observation);
  },
  plain: (actions) => inferring(plain, actions),
  onnx: (actions) => inferring(onnx, actions),
};

function inferring(network: Inference, actions: number): () => unknown {
  const { features, terms } = inputsOf(poolOf(actions)());
  return () => network(features, terms, actions);
}

function inputsOf(observation: Observation) {
  const pool = viewPool(observation);
  return { features: featuresOf(pool), terms: termsOf(pool) };
}

/** A way to observe a pool of so many variants, each on an endpoint of its own. */
function poolOf(actions: number): () => Observation {
  const ids = Array.from({ length: actions }, (_, index) => `v${index}`);
  const backend = { kind: 'openai', baseUrl: 'http://127.0.0.1:1/v1' } as const;
  const catalogue = catalogueSchema.parse({
    pool: 'bench',
    endpoints: ids.map((id) => ({ id, backend })),
    variants: ids.map((id, index) => ({
      id,
      endpoint: id,
      model: id,
      contextTokens: 32_768,
      quality: { chat: 0.9 - (0.5 * index) / actions },
    })),
    tasks: { chat: { slo: { ttftMs: 1_000, tpotMs: 60 } } },
    defaultTask: 'chat',
  });
  const request: RoutingRequest = {
    task: 'chat',
    class: 'standard',
    slo: { ttftMs: 1_000, tpotMs: 60 },
    minQuality: 0,
    minTier: 0,
    promptTokens: 500,
    needs: new Set(),
  };
  const snapshot = new Ledger(catalogue, 0).snapshot(0);
  return () => observe(catalogue, snapshot, request, { snapshotAgeMs: 20, elapsedMs: 1 });
}
