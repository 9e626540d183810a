import type { Clock } from '../platform/clock.ts';
import { Outbox } from '../platform/outbox.ts';
import type { PoolSnapshot } from '../routing/snapshot.ts';
import type { Answer, Ask, Report } from './lease.ts';

/** The ledger's methods as they are called from an isolate. */
export interface PoolRpc {
  acquire(ask: Ask, reports: readonly Report[]): Promise<Answer>;
  report(reports: readonly Report[]): Promise<PoolSnapshot>;
  snapshot(): Promise<PoolSnapshot>;
}

/** The binding that leads to ledgers by name. */
export interface PoolNamespace {
  getByName(pool: string): PoolRpc;
}

/**
 * How long a report waits to travel with the isolate's next question to the ledger. A call of its own costs a fifth
 * of a request; a few hundredths of a second are nothing to load that lasts for seconds.
 */
export const REPORT_WITHIN_MS = 20;

/** A snapshot and when this isolate received it, by the isolate's own clock. */
interface HeldSnapshot {
  readonly snapshot: PoolSnapshot;
  readonly receivedAtMs: number;
}

/** What the requests of one isolate share: the newest snapshot any of them has seen, and what they have to report. */
export class PoolEdge {
  readonly outbox = new Outbox<Report>();
  #held: HeldSnapshot | undefined;

  get held(): HeldSnapshot | undefined {
    return this.#held;
  }

  /** Keeps the newer of the two: answers of concurrent requests arrive in any order. */
  offer(snapshot: PoolSnapshot, receivedAtMs: number): void {
    if (this.#held === undefined || snapshot.revision >= this.#held.snapshot.revision)
      this.#held = { snapshot, receivedAtMs };
  }
}

/** One request's way to the ledger. Every answer brings the isolate's snapshot up to date. */
export class PoolClient {
  readonly #rpc: PoolRpc;
  readonly #edge: PoolEdge;
  readonly #clock: Clock;

  constructor(rpc: PoolRpc, edge: PoolEdge, clock: Clock) {
    this.#rpc = rpc;
    this.#edge = edge;
    this.#clock = clock;
  }

  /** A snapshot no older than `maxAgeMs`, fetched if the isolate holds none. Rejects when the ledger cannot be reached. */
  async snapshot(maxAgeMs: number): Promise<{ readonly snapshot: PoolSnapshot; readonly ageMs: number }> {
    const { held } = this.#edge;
    const ageMs = held === undefined ? Infinity : this.#clock() - held.receivedAtMs;
    if (held !== undefined && ageMs <= maxAgeMs) return { snapshot: held.snapshot, ageMs };
    return { snapshot: this.#keep(await this.#rpc.snapshot()), ageMs: 0 };
  }

  /** Asks for a place, and delivers what the isolate has to report. */
  async acquire(ask: Ask): Promise<Answer> {
    const answer = await this.#deliver((reports) => this.#rpc.acquire(ask, reports));
    this.#keep(answer.snapshot);
    return answer;
  }

  /** Resolves when the report has left the isolate, with another request's question or by itself. */
  async report(report: Report): Promise<void> {
    this.#edge.outbox.add(report);
    await new Promise((resolve) => setTimeout(resolve, REPORT_WITHIN_MS));
    await this.#deliver(async (reports) => {
      if (reports.length > 0) this.#keep(await this.#rpc.report(reports));
    });
  }

  async #deliver<Result>(send: (reports: readonly Report[]) => Promise<Result>): Promise<Result> {
    const reports = this.#edge.outbox.takeAll();
    try {
      return await send(reports);
    } catch (error) {
      this.#edge.outbox.giveBack(reports);
      throw error;
    }
  }

  #keep(snapshot: PoolSnapshot): PoolSnapshot {
    this.#edge.offer(snapshot, this.#clock());
    return snapshot;
  }
}
