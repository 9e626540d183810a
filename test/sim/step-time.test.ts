import { describe, expect, it } from 'vitest';
import { coefficientsNamed, type StepCoefficients } from '../../policy/simulator/coefficients.ts';
import { type StepLoad, StepTimer } from '../../policy/simulator/step-time.ts';

const nothing: StepLoad = {
  decodes: 0,
  contextTokens: 0,
  chunks: 0,
  prefillTokens: 0,
  prefillPairs: 0,
  emitted: 0,
};

function stepMs(coefficients: StepCoefficients, load: Partial<StepLoad>, overheadMs = 1): number {
  return new StepTimer(coefficients, overheadMs, 2048).stepMs({ ...nothing, ...load });
}

describe('a row of the ladder (H100/llama-3.1-8b)', () => {
  const row = coefficientsNamed('H100/llama-3.1-8b');

  it('prices a step that only decodes', () => {
    // ‖5.88969, 0.0201455·8‖ = 5.8904134 with p 2.27403; 8 requests over 4,000 tokens of context
    const expected =
      1 + 5.8904134 + (0.270558 + 0.00364872 * 8 + 4.22601e-5 * 4000) + 0.425433 + 0.000712399 * 8;
    expect(stepMs(row, { decodes: 8, contextTokens: 4000, emitted: 8 })).toBeCloseTo(expected, 5);
  });

  it('prices a chunk of 500 tokens after 100 cached ones', () => {
    const linear = (5.88969 ** 2.27403 + (0.0201455 * 500) ** 2.27403) ** (1 / 2.27403);
    const attention = 0.350268 + 0.000269201 * 500 + 6.75835e-7 * 500 * (100 + 250);
    const load = { chunks: 1, prefillTokens: 500, prefillPairs: 500 * 350 };
    expect(stepMs(row, load)).toBeCloseTo(1 + linear + attention + 0.425433, 9);
  });

  it('prices decoding beside a prefill at 9 times per request and 1.8 times per token of context', () => {
    const linear = (5.88969 ** 2.27403 + (0.0201455 * 508) ** 2.27403) ** (1 / 2.27403);
    const decode = 0.270558 + 9 * 0.00364872 * 8 + 1.8 * 4.22601e-5 * 4000;
    const prefill = 0.350268 + 0.000269201 * 500 + 6.75835e-7 * 500 * 250;
    const load = {
      decodes: 8,
      contextTokens: 4000,
      chunks: 1,
      prefillTokens: 500,
      prefillPairs: 500 * 250,
      emitted: 9,
    };
    const expected = 1 + linear + decode + prefill + 0.425433 + 9 * 0.000712399;
    expect(stepMs(row, load)).toBeCloseTo(expected, 9);
  });

  it('adds the all-reduce of a tensor-parallel group where a row has one', () => {
    const load = { decodes: 8, contextTokens: 4000, emitted: 8 };
    const parallel = { ...row, allReduce: { base: 0.5, perToken: 0.01 } };
    expect(stepMs(parallel, load) - stepMs(row, load)).toBeCloseTo(0.5 + 8 * 0.01, 9);
  });
});

describe('a measured row (RTX4090/Llama-3.1-8B)', () => {
  const row = coefficientsNamed('RTX4090/Llama-3.1-8B');
  const linear = (tokens: number) => (15.946 ** 2.1185 + (0.091661 * tokens) ** 2.1185) ** (1 / 2.1185);

  it('knows a step that only decodes', () => {
    const expected = linear(10) + 0.44575 + 0.0052251 * 10 + 0.00014168 * 6000 + 1.1145 + 0.0027768 * 10;
    expect(stepMs(row, { decodes: 10, contextTokens: 6000, emitted: 10 }, 0)).toBeCloseTo(expected, 9);
  });

  it('knows a step that only prefills', () => {
    const load = { chunks: 2, prefillTokens: 700, prefillPairs: 150000, emitted: 1 };
    const expected = linear(700) + 0.59478 * 2 + 3.9831e-6 * 150000 + 0.00061573 * 700 + 1.1145 + 0.0027768;
    expect(stepMs(row, load, 0)).toBeCloseTo(expected, 9);
  });

  it('knows a step that does both, which has prices of its own', () => {
    const load = {
      decodes: 10,
      contextTokens: 6000,
      chunks: 2,
      prefillTokens: 700,
      prefillPairs: 150000,
      emitted: 11,
    };
    const attention = 0.050573 * 10 + 0.0002794 * 6000 + 4.3784e-6 * 150000 + 0.0017796 * 700;
    const expected = linear(710) + attention + 1.1145 + 0.0027768 * 11;
    expect(stepMs(row, load, 0)).toBeCloseTo(expected, 9);
  });
});

describe('coefficientsNamed', () => {
  it('lists the names it knows when asked for another', () => {
    expect(() => coefficientsNamed('H100/gpt-2')).toThrow(/"H100\/gpt-2"; known: A100\/opt-125m, .*RTX4090/);
  });
});
