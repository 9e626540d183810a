/** What the load generator is told and what it reports; both cross a thread boundary. */

/** Where requests go. */
export interface Destination {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * `closed`: so many connections, each sending its next request when the last was answered. It finds the highest
 * throughput; its latencies are those at saturation, and a slow target is asked less often.
 *
 * `paced`: so many requests a second whatever the target does, on as many connections as that takes. Latencies count
 * from the moment a request was due, so one that waits behind a slow one is not forgotten (no coordinated omission).
 */
export type Pace =
  | { readonly kind: 'closed'; readonly connections: number }
  | { readonly kind: 'paced'; readonly perSecond: number };

export interface LoadOrder {
  readonly destination: Destination;
  readonly stream: boolean;
  readonly pace: Pace;
  readonly seconds: number;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

export interface LoadReport {
  readonly requests: number;
  /** What went wrong, one line per failed request, at most a few. */
  readonly failures: readonly string[];
  /** From the first request to the end of the last answer. */
  readonly elapsedMs: number;
  /** To the first byte of the answer's body. */
  readonly firstByteMs: Percentiles;
  /** To the end of the answer. */
  readonly totalMs: Percentiles;
}
