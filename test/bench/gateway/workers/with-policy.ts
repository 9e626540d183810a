import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm';
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { tinyModel } from './tiny-model.ts';

export * from '../../../../src/index.ts';
export { default } from '../../../../src/index.ts';

/**
 * The gateway together with the runtime of a learned scorer, its session created and used once at start-up: how large
 * that is and what its start costs.
 */
const session = await createSession(tinyModel([64, 128, 128, 16]));
const { y } = await session.run({ x0: new Tensor('float32', new Float32Array(64), [1, 64]) });
if (y?.dims.join() !== '1,16') throw new Error(`the network answered with dimensions ${y?.dims}`);

/**
 * onnxruntime-web compiles its WebAssembly from bytes, which a Worker may not: it imports the module compiled
 * instead. So the runtime is given marker bytes, and the one call that carries them is answered with the module.
 */
async function createSession(model: Uint8Array): Promise<InferenceSession> {
  const marker = new Uint8Array([0]);
  env.wasm.numThreads = 1;
  env.wasm.proxy = false;
  env.wasm.wasmBinary = marker.buffer;
  const { instantiate } = WebAssembly;
  const substitute = (source: unknown, imports?: WebAssembly.Imports) =>
    isMarker(source, marker)
      ? Promise.resolve({ module: wasm, instance: new WebAssembly.Instance(wasm, imports) })
      : instantiate(source as WebAssembly.Module, imports);
  Object.assign(WebAssembly, { instantiate: substitute });
  try {
    return await InferenceSession.create(model, { executionProviders: ['wasm'] });
  } finally {
    Object.assign(WebAssembly, { instantiate });
  }
}

function isMarker(source: unknown, marker: Uint8Array): boolean {
  return source === marker.buffer || (source instanceof Uint8Array && source.buffer === marker.buffer);
}
