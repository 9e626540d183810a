import type { Random } from '../../src/platform/random.ts';
import type { BackendFailure } from '../../src/routing/failure.ts';

/** What stands before an endpoint's replicas and may turn a request away. */
export interface Gate {
  /** @returns what the request is answered instead of being served; undefined: it may pass */
  refusal(nowMs: number): Refusal | undefined;
}

/** A failure the edge is told of, or nothing at all: it waits until its patience ends. */
export type Refusal = BackendFailure | 'silence';

/** Turns away a share of the requests, each drawn on its own. */
export function refuseShare(share: number, failure: Refusal, random: Random): Gate {
  return { refusal: () => (share >= 1 || random() < share ? failure : undefined) };
}

/**
 * A token bucket: `burst` requests at once, `requestsPerSecond` in the long run. A refusal says when the next token is
 * there.
 */
export class RateLimit implements Gate {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #atMs: number;

  constructor(requestsPerSecond: number, burst: number, nowMs: number) {
    this.#perMs = requestsPerSecond / 1_000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#atMs = nowMs;
  }

  refusal(nowMs: number): Refusal | undefined {
    this.#tokens = Math.min(this.#tokens + (nowMs - this.#atMs) * this.#perMs, this.#burst);
    this.#atMs = nowMs;
    if (this.#tokens < 1) return { kind: 'throttled', retryAfterMs: (1 - this.#tokens) / this.#perMs };
    this.#tokens -= 1;
    return undefined;
  }
}
