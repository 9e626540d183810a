import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm';
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { TERMS } from '../routing/learned/features.ts';
import { ScorerFault } from '../routing/scorer.ts';
import type { Inference } from './runtime.ts';

/** Turns of the microtask queue that a decision waits for what is before it: some hundred runs' worth. */
const LONGEST_WAIT = 10_000;

/**
 * Runs the network by onnxruntime-web. This file brings 14 MB of WebAssembly into the bundle, and creating a session
 * takes some 300 ms of CPU time, so nothing but the choice of this runtime may import it.
 */
export async function onnxRuntime(onnx: Uint8Array): Promise<Inference> {
  const session = await oneAtATime(() => createSession(onnx)).catch((error) => {
    throw new ScorerFault('runtime-failed', String(error), { cause: error });
  });
  let runs = 0;
  const infer: Inference = async (features, terms, rows) => {
    runs++;
    try {
      return await oneAtATime(() => run(session, features, terms, rows));
    } finally {
      runs--;
    }
  };
  const release = () =>
    oneAtATime(
      () => session.release(),
      () => runs === 0,
    );
  return Object.assign(infer, { release });
}

async function run(
  session: InferenceSession,
  features: Float32Array,
  terms: Float32Array,
  rows: number,
): Promise<Float32Array> {
  const width = features.length / rows;
  const { scores } = await session.run({
    features: new Tensor('float32', features, [rows, width]),
    terms: new Tensor('float32', terms, [rows, TERMS]),
  });
  if (!(scores?.data instanceof Float32Array)) throw new Error('the network gave no scores');
  return scores.data;
}

/** Whether a session runs, is created or released: of all sessions, since they share the instance. */
let busy = false;

/**
 * Runs must not overlap, nor a run and the creation of another session: each keeps its arguments on the one stack of the
 * WebAssembly instance over several `await`s (onnxruntime-web 1.30.0, `run` in lib/wasm/wasm-core-impl.ts), and staggered
 * ones overwrite each other's, up to an endless loop. All but the first creation need microtasks only, so who comes
 * meanwhile lets those pass. A queue of promises would tie requests to each other: one that is cancelled while it waits
 * would hold up all behind it.
 */
async function oneAtATime<T>(work: () => Promise<T>, mayBegin = () => true): Promise<T> {
  for (let turn = 0; busy || !mayBegin(); turn++) {
    if (turn === LONGEST_WAIT) throw new Error('what was before it did not end');
    await undefined;
  }
  busy = true;
  try {
    return await work();
  } finally {
    busy = false;
  }
}

/**
 * onnxruntime-web compiles its WebAssembly from bytes, which a Worker may not: it imports the module compiled
 * instead. So the runtime is given marker bytes, and the one call that carries them is answered with the module.
 */
async function createSession(onnx: Uint8Array): Promise<InferenceSession> {
  const marker = Uint8Array.of(0).buffer;
  env.wasm.numThreads = 1;
  env.wasm.proxy = false;
  env.wasm.wasmBinary = marker;
  const { instantiate } = WebAssembly;
  const substitute = async (source: WebAssembly.Module | BufferSource, imports?: WebAssembly.Imports) =>
    isOver(source, marker)
      ? { module: wasm, instance: new WebAssembly.Instance(wasm, imports) }
      : await instantiate(source as WebAssembly.Module, imports);
  Object.assign(WebAssembly, { instantiate: substitute });
  try {
    return await InferenceSession.create(onnx, { executionProviders: ['wasm'] });
  } finally {
    Object.assign(WebAssembly, { instantiate });
  }
}

function isOver(source: unknown, buffer: ArrayBuffer): boolean {
  return source === buffer || (ArrayBuffer.isView(source) && source.buffer === buffer);
}
