/** What wrangler makes of imports that are no code: a compiled module, and bytes by a rule of its configuration. */
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
declare module '*.onnx' {
  const bytes: ArrayBuffer;
  export default bytes;
}
