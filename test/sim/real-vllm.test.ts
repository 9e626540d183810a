import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { coefficientsNamed } from '../../policy/simulator/coefficients.ts';
import { Engine, type EngineOptions } from '../../policy/simulator/engine.ts';
import { Gpu } from '../../policy/simulator/gpu.ts';
import { GpuTimeline } from '../../policy/simulator/gpu-timeline.ts';

const DATA = new URL('../../../shared/data/real_vllm/', import.meta.url);

interface RealRequest {
  readonly arrivalMs: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly ttftMs: number;
  readonly e2eMs: number;
}

/** The settings are those of each run's `meta.json`; overhead and KV capacity come with the coefficients. */
const runs: readonly { readonly folder: string; readonly options: EngineOptions }[] = [
  {
    folder: 'rtxpro6000-llama-3.1-8b',
    options: { coefficients: coefficientsNamed('RTXPRO6000/Llama-3.1-8B'), maxNumSeqs: 128 },
  },
  {
    folder: 'rtx4090-llama-3.1-8b',
    options: { coefficients: coefficientsNamed('RTX4090/Llama-3.1-8B'), maxNumSeqs: 256 },
  },
];

function readRequests(file: URL): RealRequest[] {
  const rows: Record<string, string>[] = parse(readFileSync(file), { columns: true });
  return rows.map((row) => ({
    arrivalMs: Number(row.arrival_ms),
    promptTokens: Number(row.input_tokens),
    outputTokens: Number(row.output_tokens),
    ttftMs: Number(row.ttft_ms),
    e2eMs: Number(row.e2e_ms),
  }));
}

/** The same requests, with the times that the simulated engine gives them. */
function simulate(options: EngineOptions, requests: readonly RealRequest[]): RealRequest[] {
  const engine = new Engine(options);
  const timeline = new GpuTimeline(new Gpu([engine]));
  const firstTokenMs: number[] = [];
  const finishedMs: number[] = [];
  const listener = {
    firstToken: (id: number, atMs: number) => {
      firstTokenMs[id] = atMs;
    },
    finished: (id: number, atMs: number) => {
      finishedMs[id] = atMs;
    },
  };
  requests.forEach((request, id) => {
    timeline.run(request.arrivalMs, listener);
    engine.submit({ id, ...request });
  });
  timeline.run(Number.POSITIVE_INFINITY, listener);
  return requests.map((request, id) => ({
    ...request,
    ttftMs: firstTokenMs[id]! - request.arrivalMs,
    e2eMs: finishedMs[id]! - request.arrivalMs,
  }));
}

function means(requests: readonly RealRequest[]) {
  const several = requests.filter((request) => request.outputTokens > 1);
  return {
    ttftMs: mean(requests.map((request) => request.ttftMs)),
    tpotMs: mean(several.map(({ e2eMs, ttftMs, outputTokens }) => (e2eMs - ttftMs) / (outputTokens - 1))),
    e2eMs: mean(requests.map((request) => request.e2eMs)),
  };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('real vLLM servers', () => {
  for (const { folder, options } of runs) {
    const file = new URL(`${folder}/requests_flat.csv`, DATA);
    const present = existsSync(file);
    it.skipIf(!present)(`are reproduced: ${folder}${present ? '' : ' (skipped: no ../shared/data)'}`, () => {
      const requests = readRequests(file);
      const measured = means(requests);
      const simulated = means(simulate(options, requests));
      expect(requests.length).toBe(300);
      expect(Math.abs(simulated.e2eMs / measured.e2eMs - 1)).toBeLessThan(0.02);
      expect(Math.abs(simulated.ttftMs / measured.ttftMs - 1)).toBeLessThan(0.03);
      expect(Math.abs(simulated.tpotMs / measured.tpotMs - 1)).toBeLessThan(0.03);
    });
  }
});
