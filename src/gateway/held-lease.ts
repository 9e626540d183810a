import type { Settlement } from '../pool/lease.ts';
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
    if (!this.#settled) this.#report(this.#context.pool.firstToken(this.#leaseId, ttftMs));
  }

  settle(outcome: Settlement['outcome']): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#report(this.#context.pool.settle({ leaseId: this.#leaseId, outcome }));
  }

  #report(sent: Promise<void>): void {
    this.#context.defer(
      sent.catch((error: unknown) =>
        console.error(`ledger: report of ${this.#leaseId} was lost: ${String(error)}`),
      ),
    );
  }
}
