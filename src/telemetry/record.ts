import type { RequestClass, Slo } from '../routing/catalogue.ts';
import type { ScorerFaultKind } from '../routing/scorer.ts';

/** How a request ended. `shed`: no room; `rejected`: the request was at fault; `aborted`: the client left. */
export type Outcome = 'served' | 'shed' | 'rejected' | 'failed' | 'aborted';

/** One try at one variant. */
export interface AttemptRecord {
  readonly variant: string;
  readonly endpoint: string;
  /** Kind of the failure that ended it; absent for the one that served. */
  readonly failure?: string | undefined;
}

/**
 * Everything about one request that an operator asks for afterwards and a simulator needs to play it again. Holds
 * no text of the request or the answer.
 */
export interface RequestRecord {
  /** When it was written: at the request's end. */
  readonly atMs: number;
  /** When the request came in. Both are milliseconds since 1970. */
  readonly arrivedAtMs: number;
  readonly requestId: string;
  /** Whose request it was; absent in open mode. */
  readonly keyId?: string | undefined;
  readonly observationVersion: number;
  /** Whose scores decided. */
  readonly scorer: string;
  /**
   * The network that the learned scorer has, where it is not simply the one that comes with the Worker: the beginning of
   * its SHA-256 or `bundled`, and why it is not the one that was published last.
   */
  readonly artifact?: { readonly name: string; readonly because?: ScorerFaultKind | undefined } | undefined;
  /** The scorer that was to decide, and why it could not. */
  readonly insteadOf?: { readonly scorer: string; readonly because: ScorerFaultKind } | undefined;
  readonly task: string;
  readonly class: RequestClass;
  readonly slo: Slo;
  readonly promptTokens: number;
  /** What was expected of it before it was routed; the quantiles 0.1, 0.5 and 0.9 where they have been learned. */
  readonly expectedOutputTokens: number;
  readonly outputTokenQuantiles?: readonly [number, number, number] | undefined;
  readonly stream: boolean;
  readonly snapshotAgeMs: number;
  /** Scores of the ranked actions, best first. */
  readonly ranking: readonly { readonly variant: string; readonly score: number }[];
  readonly attempts: readonly AttemptRecord[];
  readonly reason: string;
  readonly outcome: Outcome;
  readonly status: number;
  readonly outputTokens?: number | undefined;
  readonly ttftMs?: number | undefined;
  readonly tpotMs?: number | undefined;
  readonly e2eMs?: number | undefined;
  readonly onTime?: boolean | undefined;
}

/** Where records go. Never throws, never waits: it is called on the request path's last step. */
export type RecordSink = (record: RequestRecord) => void;

/** One JSON line per request on the Worker's log. */
export const consoleRecords: RecordSink = (record) => console.log(JSON.stringify(record));
