import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { serveAll } from '../../policy/simulate/serve.ts';
import { coefficientsNamed } from '../../policy/simulator/coefficients.ts';
import { readTrace } from '../../policy/workloads/trace.ts';
import { serveStepByStep } from '../bench/simulator/step-by-step.ts';

const coefficients = coefficientsNamed('H100/llama-3.1-8b');

describe('serving recorded requests', () => {
  it('queues those of one moment in their order', () => {
    const request = { arrivalMs: 5, promptTokens: 10, outputTokens: 1 };
    const { firstTokenMs } = serveAll({ coefficients, maxNumSeqs: 1 }, [request, request, request]);
    expect(firstTokenMs).toEqual(firstTokenMs.toSorted());
    expect(new Set(firstTokenMs).size).toBe(3);
  });

  it('gives an answer of one token one time', () => {
    const times = serveAll({ coefficients }, [{ arrivalMs: 0, promptTokens: 10, outputTokens: 1 }]);
    expect(times.finishedMs).toEqual(times.firstTokenMs);
  });

  it('tells how far it is', () => {
    const requests = Array.from({ length: 10_000 }, (_, index) => ({
      arrivalMs: index,
      promptTokens: 1,
      outputTokens: 1,
    }));
    const told: number[] = [];
    serveAll({ coefficients }, requests, (submitted) => told.push(submitted));
    expect(told).toEqual([4096, 8192]);
  });
});

const trace = '../shared/data/azure_llm_2023/AzureLLMInferenceTrace_conv.csv';
describe.skipIf(!existsSync(trace))(`the conversation trace (${trace})`, () => {
  it.each([
    { name: 'plenty of KV cache', kvTokens: coefficients.kvTokens, preempts: false },
    { name: 'a KV cache that is too small', kvTokens: 16_000, preempts: true },
  ])('is served as every step taken singly would: $name', ({ kvTokens, preempts }) => {
    const requests = readTrace(trace).slice(0, 6_000);
    const options = { coefficients, kvTokens };
    const fast = serveAll(options, requests);
    const slow = serveStepByStep(options, requests);
    expect(fast.preemptions).toBe(slow.preemptions);
    expect(fast.preemptions > 0).toBe(preempts);
    for (const times of ['firstTokenMs', 'finishedMs'] as const)
      expect(furthest(fast[times], slow[times])).toBeLessThan(1e-5);
  });
});

function furthest(some: Float64Array, others: Float64Array): number {
  return some.reduce((most, value, index) => Math.max(most, Math.abs(value - others[index]!)), 0);
}
