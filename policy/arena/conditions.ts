import type { Settlement } from '../../src/pool/lease.ts';

/** What lies between the edges, the ledger and the endpoints, and what goes wrong there. */
export interface Conditions {
  /** Isolates the requests are spread over, each with a snapshot of its own. */
  readonly edges: number;
  /** One way. */
  readonly edgeToLedgerMs: number;
  readonly edgeToEndpointMs: number;
  /** A snapshot older than this is fetched anew before a decision; 0: every decision sees the ledger as it is. */
  readonly snapshotMaxAgeMs: number;
  /** Share of settlements that never reach the ledger. */
  readonly lostSettleShare: number;
  /** What an endpoint answers instead of serving at a given time; undefined: it serves. */
  faultAt(endpoint: string, nowMs: number): Settlement['outcome'] | undefined;
}

/** No delays, no faults, one edge that knows everything. */
export const idealConditions: Conditions = {
  edges: 1,
  edgeToLedgerMs: 0,
  edgeToEndpointMs: 0,
  snapshotMaxAgeMs: 0,
  lostSettleShare: 0,
  faultAt: () => undefined,
};
