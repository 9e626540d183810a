import type { Ask, Place, Report } from '../../src/pool/lease.ts';
import { Ledger, type LedgerCheckpoint } from '../../src/pool/ledger.ts';
import { PoolEdge } from '../../src/pool/pool-client.ts';
import type { Catalogue } from '../../src/routing/catalogue.ts';
import type { Agenda } from './agenda.ts';
import type { Conditions } from './conditions.ts';

/**
 * The ledger, and the way from the edges to it and back. Edge and ledger are production's; what lies between, and the
 * alarm that gives up dead leases, happen on the simulation's clock.
 */
export class LedgerLink {
  readonly edges: readonly PoolEdge[];
  readonly #catalogue: Catalogue;
  readonly #agenda: Agenda;
  readonly #conditions: Conditions;
  readonly #delay: () => number;
  /** Edges look straight into the ledger, so nobody needs the snapshots that come with answers. */
  readonly #inSight: boolean;
  readonly #losses = new Set<() => boolean>();
  #ledger: Ledger;
  /** What an evicted ledger begins with; undefined: nothing was saved yet. */
  #saved: LedgerCheckpoint | undefined;
  #alarmSet = false;

  /** @param delay draws what one message takes, one way */
  constructor(catalogue: Catalogue, agenda: Agenda, conditions: Conditions, delay: () => number) {
    this.#catalogue = catalogue;
    this.#ledger = new Ledger(catalogue, agenda.nowMs);
    this.edges = Array.from({ length: conditions.edges }, () => new PoolEdge());
    this.#agenda = agenda;
    this.#conditions = conditions;
    this.#delay = delay;
    this.#inSight = conditions.snapshotMaxAgeMs === 0 && conditions.edgeToLedger.meanMs === 0;
  }

  get ledger(): Ledger {
    return this.#ledger;
  }

  /** Sees to it that the edge holds a snapshot fresh enough to decide by. */
  view(edge: PoolEdge, then: () => void): void {
    const { nowMs } = this.#agenda;
    if (this.#inSight) {
      edge.offer(this.#ledger.snapshot(nowMs), nowMs);
      then();
    } else if (
      edge.held !== undefined &&
      nowMs - edge.held.receivedAtMs <= this.#conditions.snapshotMaxAgeMs
    ) {
      then();
    } else {
      this.#there(() => this.#back(edge, then));
    }
  }

  /** Asks for a place, and delivers what the edge has to report. */
  acquire(edge: PoolEdge, ask: Ask, then: (place: Place) => void): void {
    const reports = edge.outbox.takeAll();
    this.#there(() => {
      this.#take(reports);
      const place = this.#ledger.place(ask, this.#agenda.nowMs);
      this.#setAlarm();
      if (this.#inSight) then(place);
      else this.#back(edge, () => then(place));
    });
  }

  /** Reports what became of a lease, with the edge's next question or by itself. */
  report(edge: PoolEdge, report: Report): void {
    if (report.kind === 'settled' && this.#isLost()) return;
    edge.outbox.add(report);
    this.#agenda.after(this.#conditions.reportWithinMs, () => {
      const reports = edge.outbox.takeAll();
      if (reports.length === 0) return;
      this.#there(() => {
        this.#take(reports);
        if (!this.#inSight) this.#back(edge, () => {});
      });
    });
  }

  /** From now on settlements get lost when `lost` says so, until the returned `stop`. */
  loseSettles(lost: () => boolean): { stop(): void } {
    this.#losses.add(lost);
    return { stop: () => this.#losses.delete(lost) };
  }

  /** From now on the ledger is saved at this interval. */
  saveEvery(everyMs: number): void {
    this.#agenda.changeAt(this.#agenda.nowMs + everyMs, () => {
      this.#saved = this.#ledger.checkpoint();
      this.saveEvery(everyMs);
    });
  }

  /** The ledger's process dies, and another one begins with what was saved. */
  evict(): void {
    this.#ledger = new Ledger(this.#catalogue, this.#agenda.nowMs, this.#saved);
    this.#setAlarm();
  }

  #there(arrive: () => void): void {
    this.#agenda.after(this.#delay(), arrive);
  }

  /** The way back, which always brings the newest snapshot. */
  #back(edge: PoolEdge, arrive: () => void): void {
    const snapshot = this.#ledger.snapshot(this.#agenda.nowMs);
    this.#agenda.after(this.#delay(), () => {
      edge.offer(snapshot, this.#agenda.nowMs);
      arrive();
    });
  }

  #take(reports: readonly Report[]): void {
    for (const report of reports) this.#ledger.report(report, this.#agenda.nowMs);
  }

  #isLost(): boolean {
    let isLost = false;
    for (const lost of this.#losses) isLost = lost() || isLost;
    return isLost;
  }

  #setAlarm(): void {
    if (this.#alarmSet) return;
    const { nextExpiryMs } = this.#ledger;
    if (nextExpiryMs === undefined) return;
    this.#alarmSet = true;
    this.#agenda.changeAt(nextExpiryMs, () => {
      this.#alarmSet = false;
      this.#ledger.expire(this.#agenda.nowMs);
      this.#setAlarm();
    });
  }
}
