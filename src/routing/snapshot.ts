import type { LengthModel } from './lengths/length-model.ts';
import type { LengthEstimate, ServiceEstimate } from './service.ts';

/** What the ledger knows of one endpoint's load. All counts are of leases, over all its replicas. */
export interface EndpointLoad {
  readonly inFlight: number;
  /** The same per variant; one that never ran here may be absent. */
  readonly inFlightByVariant: Readonly<Record<string, number>>;
  /** Of those in flight, the ones whose first token is still to come. */
  readonly queued: number;
  /** Prompt tokens of the queued ones. */
  readonly promptTokensQueued: number;
  /** Prompt and expected output tokens of all in flight. */
  readonly tokensInFlight: number;
  /** The prompt tokens among them per variant; one that never ran here may be absent. */
  readonly promptTokensByVariant: Readonly<Record<string, number>>;
  /** Time until the endpoint may be tried again after it throttled or failed; 0: now. */
  readonly coolingMs: number;
  /** Whether it cools because it throttled, not because it failed. */
  readonly throttled: boolean;
}

/** The ledger at one moment: everything routing may know of the pool. Plain data, keyed by catalogue ids. */
export interface PoolSnapshot {
  /** Grows with every change of the ledger; of two snapshots the one with the larger revision is the newer. */
  readonly revision: number;
  readonly endpoints: Readonly<Record<string, EndpointLoad>>;
  readonly services: Readonly<Record<string, ServiceEstimate>>;
  /** Output length per task. */
  readonly lengths: Readonly<Record<string, LengthEstimate>>;
  /** What tells requests of one task apart; absent where it is switched off. */
  readonly lengthModel?: LengthModel | undefined;
  /** Requests per second, averaged over a fast and a slow time scale. */
  readonly arrivals: { readonly fastPerSecond: number; readonly slowPerSecond: number };
  /** Share of recent arrivals per task. */
  readonly taskMix: Readonly<Record<string, number>>;
  readonly meanPromptTokens: number;
}

/** The load of an endpoint nobody uses. */
export const idleLoad: EndpointLoad = {
  inFlight: 0,
  inFlightByVariant: {},
  queued: 0,
  promptTokensQueued: 0,
  tokensInFlight: 0,
  promptTokensByVariant: {},
  coolingMs: 0,
  throttled: false,
};
