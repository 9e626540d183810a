import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { ServedTimes } from '../../../policy/simulate/serve.ts';
import type { RecordedRequest } from '../../../policy/workloads/request.ts';
import { installPinned } from '../pinned-package.ts';
import { server, workload } from './work.ts';

const pinned = join(import.meta.dirname, 'inference-lab');
const cache = join(import.meta.dirname, '../../../node_modules/.cache/bench-simulator/inference-lab');

/** The part of the package's interface that is used here. */
interface Package {
  initSync(options: { readonly module: Uint8Array }): unknown;
  run_simulation(configJson: string): unknown;
}

/** The part of its result that is used here. Samples are in order of completion, latencies in ms, times in seconds. */
const result = z.object({
  metrics: z.object({ completed_requests: z.number(), total_preemptions: z.number() }),
  latency_samples: z.object({
    ttft_samples: z.array(z.number()),
    e2e_samples: z.array(z.number()),
    e2e_timestamps: z.array(z.number()),
  }),
  distributions: z.object({ input_lengths: z.array(z.number()), output_lengths: z.array(z.number()) }),
});

/** Requests, and when they were served. */
export interface Served {
  readonly requests: readonly RecordedRequest[];
  readonly times: ServedTimes;
}

/** inference-lab's simulator as npm publishes it: Rust, compiled to WebAssembly. */
export class InferenceLab {
  readonly #package: Package;

  private constructor(loaded: Package) {
    this.#package = loaded;
  }

  /** @throws Error when the package is not there and cannot be fetched */
  static async load(): Promise<InferenceLab> {
    await installPinned(pinned, cache);
    const folder = join(cache, 'node_modules/@doublewordai/inference-lab');
    const program = pathToFileURL(join(folder, 'inference_lab.js')).href;
    // Its declared types are not installed where the compiler looks.
    const loaded = (await import(program)) as Package;
    loaded.initSync({ module: readFileSync(join(folder, 'inference_lab_bg.wasm')) });
    return new InferenceLab(loaded);
  }

  /** Simulates so many requests, and gives its result as it is. Of a seed it always draws the same requests. */
  run(requests: number, seed: number): unknown {
    return this.#package.run_simulation(JSON.stringify(configOf(requests, seed)));
  }
}

/**
 * The requests that the package drew, in order of arrival, and how it served them. It cannot be given recorded requests,
 * but of those it draws it tells the lengths, the latencies and when each ended, and so when each came.
 */
export function servedByInferenceLab(told: unknown): Served {
  const { metrics, latency_samples: latencies, distributions } = result.parse(told);
  // The time a request was preempted is missing from its latency, and its arrival could not be told.
  if (metrics.total_preemptions > 0) throw new Error('inference-lab preempted requests; give it fewer');
  const served = latencies.e2e_timestamps.map((endS, index) => {
    const arrivalMs = endS * 1000 - latencies.e2e_samples[index]!;
    return {
      request: {
        arrivalMs,
        promptTokens: distributions.input_lengths[index]!,
        outputTokens: distributions.output_lengths[index]!,
      },
      firstTokenMs: arrivalMs + latencies.ttft_samples[index]!,
      finishedMs: endS * 1000,
    };
  });
  served.sort((a, b) => a.request.arrivalMs - b.request.arrivalMs);
  return {
    requests: served.map(({ request }) => request),
    times: {
      firstTokenMs: Float64Array.from(served, ({ firstTokenMs }) => firstTokenMs),
      finishedMs: Float64Array.from(served, ({ finishedMs }) => finishedMs),
      preemptions: 0,
    },
  };
}

/** Its model is a roofline: what the data sheet of the GPU says, and the shape of the model. */
function configOf(requests: number, seed: number) {
  const kvBytesPerToken = 2 * 32 * 8 * 128 * 2; // keys and values, layers, heads, head size, bytes
  return {
    hardware: {
      name: 'H100',
      compute_flops: 989e12,
      memory_bandwidth: 3.35e12,
      memory_capacity: 80e9,
      kv_cache_capacity: server.kvTokens * kvBytesPerToken,
      bytes_per_param: 2,
    },
    model: {
      name: 'llama-3.1-8b',
      num_parameters: 8_030_261_248,
      num_layers: 32,
      hidden_dim: 4096,
      num_heads: 32,
      num_kv_heads: 8,
      max_seq_len: 131_072,
    },
    scheduler: {
      max_num_batched_tokens: server.tokenBudget,
      max_num_seqs: server.maxNumSeqs,
      policy: 'fcfs',
      enable_chunked_prefill: true,
      block_size: server.blockTokens,
    },
    workload: {
      arrival_pattern: 'poisson',
      arrival_rate: workload.ratePerSecond,
      input_len_dist: lognormal(workload.promptTokens),
      output_len_dist: lognormal(workload.outputTokens),
      num_requests: requests,
      seed,
    },
    simulation: { log_interval: 1_000_000 },
  };
}

/** In the package the two parameters are those of the logarithm. */
function lognormal({ mean, sigma }: { readonly mean: number; readonly sigma: number }) {
  return { type: 'lognormal', mean: Math.log(mean) - sigma ** 2 / 2, std_dev: sigma };
}
