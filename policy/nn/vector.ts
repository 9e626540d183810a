/** Numbers of a network. Training uses 32 bits; 64 are for checking gradients against finite differences. */
export type Vector = Float32Array | Float64Array;
