import type { Report } from './lease.ts';

/**
 * Reports kept at most while the ledger cannot be reached. Beyond it the oldest are dropped; the expiry of their
 * leases makes them good.
 */
const MOST_REPORTS = 10_000;

/** Reports of an isolate's requests on their way to the ledger. Plain data, so any request may carry another's. */
export class Outbox {
  #reports: Report[] = [];

  add(report: Report): void {
    this.#reports.push(report);
    if (this.#reports.length > MOST_REPORTS) this.#reports.shift();
  }

  /** All of them, for whoever calls the ledger next. */
  takeAll(): readonly Report[] {
    const taken = this.#reports;
    this.#reports = [];
    return taken;
  }

  /** Puts back what could not be delivered. */
  giveBack(reports: readonly Report[]): void {
    this.#reports = [...reports, ...this.#reports].slice(-MOST_REPORTS);
  }
}
