import type { RequestClass } from '../routing/catalogue.ts';
import type { PoolSnapshot } from '../routing/snapshot.ts';
import type { Mark } from './endpoint-account.ts';

/** What the edge asks the ledger: a place for one request, on the first variant of the ranking that has one. */
export interface Ask {
  /** Unique per attempt; asking twice with the same id gives the same lease. */
  readonly leaseId: string;
  /** Variant ids, best first. */
  readonly ranking: readonly string[];
  readonly task: string;
  readonly class: RequestClass;
  readonly promptTokens: number;
  readonly expectedOutputTokens: number;
  /** What the length of its answer is learned for, as `lengthSlots` gives it; absent: it teaches only its task's mean. */
  readonly lengthSlots?: readonly number[] | undefined;
  /** Whether a first token will be reported; without one the ledger assumes it at its predicted time. */
  readonly streams: boolean;
  /** False for a further attempt at a request that was counted when it arrived. */
  readonly arrives: boolean;
}

export type Place =
  | { readonly kind: 'granted'; readonly variant: string }
  /** No variant of the ranking has room. `retryAfterMs`: when one is predicted to. */
  | { readonly kind: 'refused'; readonly retryAfterMs: number };

/** What an edge is answered that asked for several. */
export interface Answers {
  /** One for each ask, in their order. */
  readonly places: readonly Place[];
  /** The ledger as it stood afterwards, for an edge that wanted it. */
  readonly snapshot?: PoolSnapshot | undefined;
}

/** How a leased request ended. */
export interface Settlement {
  readonly leaseId: string;
  /** What the end says about the endpoint. `aborted`: nothing, the client left or the request was at fault. */
  readonly outcome:
    | {
        readonly kind: 'served';
        readonly outputTokens: number;
        readonly e2eMs: number;
        readonly ttftMs?: number | undefined;
        /** A bound on its tokens ended the answer: its length says nothing about the task. */
        readonly cutShort?: boolean | undefined;
      }
    | { readonly kind: 'throttled'; readonly retryAfterMs?: number | undefined }
    | { readonly kind: 'failed' }
    | { readonly kind: 'misconfigured' }
    | { readonly kind: 'aborted' };
}

/** What an edge tells the ledger of a lease after it was granted. */
export type Report =
  /** `ttftMs`: from the dispatch to the first token. */
  | { readonly kind: 'first-token'; readonly leaseId: string; readonly ttftMs: number }
  | ({ readonly kind: 'settled' } & Settlement);

/** A place held at an endpoint, from `acquire` until `settle` or expiry. Plain data. */
export interface Lease {
  readonly variant: string;
  readonly task: string;
  readonly class: RequestClass;
  readonly promptTokens: number;
  readonly expectedOutputTokens: number;
  readonly lengthSlots?: readonly number[] | undefined;
  readonly grantedAtMs: number;
  readonly expiresAtMs: number;
  /** Prompt tokens to be read before this request's first token, its own included, on its replica. */
  readonly promptTokensToRead: number;
  /** What the other variants on its replica would add to each token, when it was granted. */
  readonly turnsMs: number;
  /** Its mean time per token after the first, as it was predicted. */
  readonly tpotMs: number;
  readonly phase:
    | { readonly kind: 'queued'; readonly assumedFirstTokenAtMs: number }
    /** How far its endpoint's totals had come then; its mean company follows from them. */
    | { readonly kind: 'decoding'; readonly since: Mark };
}
