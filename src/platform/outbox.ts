/**
 * Reports kept at most while their recipient cannot be reached. Beyond it the oldest are dropped; whoever waits for
 * them gives up after a while.
 */
const MOST_REPORTS = 10_000;

/** Reports of an isolate's requests on their way out. Plain data, so any request may carry another's. */
export class Outbox<Report> {
  #reports: Report[] = [];

  add(report: Report): void {
    this.#reports.push(report);
    if (this.#reports.length > MOST_REPORTS) this.#reports.shift();
  }

  /** All of them, for whoever calls the recipient next. */
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
