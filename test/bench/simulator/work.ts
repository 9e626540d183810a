import { coefficientsNamed } from '../../../policy/simulator/coefficients.ts';

const coefficients = coefficientsNamed('H100/llama-3.1-8b');

/** The server that is simulated: vLLM's usual limits, and the KV cache that fits beside the weights. */
export const server = {
  coefficients,
  maxNumSeqs: 128,
  tokenBudget: 2048,
  blockTokens: 16,
  kvTokens: coefficients.kvTokens,
};

/** The shape of the Azure conversation trace of 2023, for a simulator that has to draw its requests itself. */
export const workload = {
  ratePerSecond: 5.53,
  promptTokens: { mean: 1155, sigma: 0.99 },
  outputTokens: { mean: 211, sigma: 0.86 },
};
