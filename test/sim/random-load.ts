import type { EngineRequest } from '../../policy/simulator/engine.ts';
import { type Random, seededRandom } from '../../src/platform/random.ts';

/** Something a client does at a simulated GPU. */
export type ClientEvent =
  | {
      readonly atMs: number;
      readonly engine: number;
      readonly kind: 'submit';
      readonly request: EngineRequest;
    }
  | { readonly atMs: number; readonly engine: number; readonly kind: 'abort'; readonly id: number };

export interface LoadOptions {
  readonly seed: number;
  readonly requests: number;
  readonly meanGapMs: number;
  readonly maxPromptTokens: number;
  readonly maxOutputTokens: number;
  readonly engines?: number;
  /** Share of requests whose client goes away at some moment after the arrival. */
  readonly abortShare?: number;
}

/** Poisson arrivals with uniform lengths, and clients that go away, in order of time. */
export function randomLoad(options: LoadOptions): ClientEvent[] {
  const random = seededRandom(options.seed);
  const events: ClientEvent[] = [];
  let atMs = 0;
  for (let id = 0; id < options.requests; id += 1) {
    atMs += -Math.log(1 - random()) * options.meanGapMs;
    const engine = between(random, 0, (options.engines ?? 1) - 1);
    const promptTokens = between(random, 1, options.maxPromptTokens);
    const outputTokens = between(random, 1, options.maxOutputTokens);
    events.push({ atMs, engine, kind: 'submit', request: { id, promptTokens, outputTokens } });
    if (random() >= (options.abortShare ?? 0)) continue;
    events.push({ atMs: atMs + random() * 40 * options.meanGapMs, engine, kind: 'abort', id });
  }
  return events.sort((a, b) => a.atMs - b.atMs);
}

function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}
