/** Stands in for onnxruntime-web, to see what the Worker is without it. */
export const env = {};
export class InferenceSession {}
export class Tensor {}
export default undefined;
