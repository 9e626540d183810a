import type { Report, Settlement } from '../pool/lease.ts';
import type { RequestContext } from './context.ts';

/**
 * A place at an endpoint, held by one attempt. `settle` reports its end exactly once, whatever happens in which
 * order (end, error and client abort can coincide). Reports are sent after the response; one that is lost is made
 * good by the lease's expiry.
 */
export class HeldLease {
  readonly #context: RequestContext;
  readonly #leaseId: string;
  #settled = false;

  constructor(context: RequestContext, leaseId: string) {
    this.#context = context;
    this.#leaseId = leaseId;
  }

  firstToken(ttftMs: number): void {
    if (!this.#settled) this.#report({ kind: 'first-token', leaseId: this.#leaseId, ttftMs });
  }

  settle(outcome: Settlement['outcome']): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#report({ kind: 'settled', leaseId: this.#leaseId, outcome });
  }

  #report(report: Report): void {
    const sent = this.#context.pool.report(report);
    if (sent === undefined) return;
    this.#context.defer(
      sent.catch((error: unknown) => console.error(`ledger: reports are kept for later: ${String(error)}`)),
    );
  }
}
