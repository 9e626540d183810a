import { CallBatcher } from '../platform/call-batcher.ts';
import type { Clock } from '../platform/clock.ts';
import { Outbox } from '../platform/outbox.ts';
import type { PoolSnapshot } from '../routing/snapshot.ts';
import type { Answers, Ask, Place, Report } from './lease.ts';

/**
 * The ledger's methods as they are called from an isolate. `heldLengthModel` is the revision of the length model that the
 * isolate holds; the ledger sends it another one only.
 */
export interface PoolRpc {
  acquire(
    asks: readonly Ask[],
    reports: readonly Report[],
    wantsSnapshot: boolean,
    heldLengthModel?: number,
  ): Promise<Answers>;
  report(reports: readonly Report[], heldLengthModel?: number): Promise<PoolSnapshot>;
  snapshot(heldLengthModel?: number): Promise<PoolSnapshot>;
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

/**
 * How often an isolate has a snapshot sent along with an answer. Sending one costs a twentieth of a request, and much
 * less than the way to the ledger takes has hardly changed.
 */
export const SNAPSHOT_EVERY_MS = 5;

/**
 * How an isolate's requests ask together. A call costs a quarter of a request, and a Durable Object takes about 1,000 a
 * second (developers.cloudflare.com/durable-objects/platform/limits); a few milliseconds are nothing to a first token.
 */
export const ASKING = { gatherMs: 5, patienceMs: 2_000 } as const;

/** A snapshot and when this isolate received it, by the isolate's own clock. */
interface HeldSnapshot {
  readonly snapshot: PoolSnapshot;
  readonly receivedAtMs: number;
}

/** What the requests of one isolate share: the newest snapshot any of them has seen, and what they ask and report. */
export class PoolEdge {
  readonly asking = new CallBatcher<Ask, Place>(ASKING);
  readonly outbox = new Outbox<Report>();
  readonly #name = crypto.randomUUID();
  #leases = 0;
  #held: HeldSnapshot | undefined;
  #askedAtMs = -Infinity;
  #deliveryAtMs = -Infinity;

  get held(): HeldSnapshot | undefined {
    return this.#held;
  }

  get lengthModelRevision(): number | undefined {
    return this.#held?.snapshot.lengthModel?.revision;
  }

  /**
   * Keeps the newer of the two: answers of concurrent requests arrive in any order. One that came without a length model
   * goes with the one held.
   */
  offer(snapshot: PoolSnapshot, receivedAtMs: number): void {
    const held = this.#held?.snapshot;
    if (held !== undefined && snapshot.revision < held.revision) return;
    const lacksModel = snapshot.lengthModel === undefined && held?.lengthModel !== undefined;
    const whole = lacksModel ? { ...snapshot, lengthModel: held.lengthModel } : snapshot;
    this.#held = { snapshot: whole, receivedAtMs };
  }

  /** An id for one attempt's place, as no other isolate and no other attempt has. Clients choose request ids. */
  newLeaseId(): string {
    this.#leases += 1;
    return `${this.#name}.${this.#leases}`;
  }

  /** Whether the next question should ask for a snapshot; the one that is told so has to. */
  claimSnapshot(nowMs: number): boolean {
    if (nowMs - this.#askedAtMs < SNAPSHOT_EVERY_MS) return false;
    this.#askedAtMs = nowMs;
    return true;
  }

  /**
   * Whether somebody has to deliver the outbox; the one that is told so has to, `REPORT_WITHIN_MS` later. A request
   * that died over it holds the reports of others up for no longer than that.
   */
  claimDelivery(nowMs: number): boolean {
    if (nowMs < this.#deliveryAtMs) return false;
    this.#deliveryAtMs = nowMs + REPORT_WITHIN_MS;
    return true;
  }

  /** What is reported from now on needs somebody else. */
  endDelivery(): void {
    this.#deliveryAtMs = -Infinity;
  }
}

/** One request's way to the ledger. Answers keep the isolate's snapshot up to date. */
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
    return { snapshot: this.#keep(await this.#rpc.snapshot(this.#edge.lengthModelRevision)), ageMs: 0 };
  }

  /** Asks for a place, perhaps together with other requests, and delivers what the isolate has to report. */
  acquire(ask: Ask): Promise<Place> {
    return this.#edge.asking.call(ask, (asks) => this.#acquireAll(asks));
  }

  async #acquireAll(asks: readonly Ask[]): Promise<readonly Place[]> {
    const wantsSnapshot = this.#edge.claimSnapshot(this.#clock());
    const { places, snapshot } = await this.#deliver((reports) =>
      this.#rpc.acquire(asks, reports, wantsSnapshot, this.#edge.lengthModelRevision),
    );
    if (snapshot !== undefined) this.#keep(snapshot);
    return places;
  }

  /**
   * Leaves a report for the isolate's next question. Who leaves the first one also waits for that question and, when
   * none comes, delivers what has gathered by then: one timer and one call for many requests.
   * @returns settles once the outbox was delivered; undefined where another request sees to that
   */
  report(report: Report): Promise<void> | undefined {
    this.#edge.outbox.add(report);
    return this.#edge.claimDelivery(this.#clock()) ? this.#deliverSoon() : undefined;
  }

  async #deliverSoon(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, REPORT_WITHIN_MS));
    this.#edge.endDelivery();
    await this.#deliver(async (reports) => {
      if (reports.length > 0) this.#keep(await this.#rpc.report(reports, this.#edge.lengthModelRevision));
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
