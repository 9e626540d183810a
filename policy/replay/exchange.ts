import type { WorkloadRequest } from '../workloads/request.ts';

/** What the gateway said about its choice, from the answer's headers. */
export interface Route {
  readonly variant?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly reason?: string | undefined;
  readonly requestId?: string | undefined;
}

/** How a request ended, as its client saw it. Times count from the moment it was sent. */
export type Outcome =
  | {
      readonly kind: 'answered';
      readonly ttftMs: number;
      /** Mean time per token after the first; an answer of one token has none. */
      readonly tpotMs: number | undefined;
      readonly e2eMs: number;
      readonly promptTokens: number | undefined;
      readonly outputTokens: number;
    }
  /** 429: the gateway had no room for it. */
  | { readonly kind: 'shed' }
  /** Any other error, a connection that broke, a stream that was cut or carried an error. */
  | { readonly kind: 'failed'; readonly reason: string };

/** One request and what became of it. */
export interface Exchange {
  readonly request: WorkloadRequest;
  /** When it was sent, in milliseconds since the replay's start, and by how much that was late. */
  readonly sentAtMs: number;
  readonly lagMs: number;
  /** Absent when no answer arrived at all. */
  readonly status: number | undefined;
  readonly route: Route;
  readonly outcome: Outcome;
}
