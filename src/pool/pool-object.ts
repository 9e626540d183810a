import { DurableObject } from 'cloudflare:workers';
import { type Env, readConfig } from '../config.ts';
import { wallClock } from '../platform/clock.ts';
import type { PoolSnapshot } from '../routing/snapshot.ts';
import type { Answers, Ask, Report } from './lease.ts';
import { Ledger, type LedgerCheckpoint } from './ledger.ts';

const CHECKPOINT_KEY = 'ledger';
/**
 * How much the ledger may forget when its process dies: a write per second costs nothing, a write per request would
 * cost more than routing it.
 */
const CHECKPOINT_EVERY_MS = 1_000;

/** Nobody is told that anything was saved, so no answer has to wait until it is on disk. */
const unconfirmed = { allowUnconfirmed: true } as const;

/**
 * The ledger of one pool as a Durable Object: a thin shell that brings the clock, the alarm and the storage. Leases
 * granted after the last checkpoint are unknown after a crash; their requests still finish, uncounted.
 */
export class PoolObject extends DurableObject<Env> {
  #ledger!: Ledger;
  #savedRevision = 0;
  /** When the next alarm is due; Infinity when none is set. */
  #alarmAtMs = Infinity;

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    const { catalogue } = readConfig(env);
    context.blockConcurrencyWhile(async () => {
      const checkpoint = await context.storage.get<LedgerCheckpoint>(CHECKPOINT_KEY);
      this.#ledger = new Ledger(catalogue, wallClock(), checkpoint);
      this.#savedRevision = this.#ledger.revision;
      this.#alarmAtMs = (await context.storage.getAlarm()) ?? Infinity;
    });
  }

  /**
   * Places for several requests, one after the other in one synchronous step.
   * @param reports what the edge had to tell before it asked
   * @param wantsSnapshot whether the edge would have the ledger as it stands afterwards
   * @param heldLengthModel revision of the length model the edge holds, here and below
   */
  acquire(
    asks: readonly Ask[],
    reports: readonly Report[],
    wantsSnapshot: boolean,
    heldLengthModel?: number,
  ): Answers {
    const nowMs = wallClock();
    this.#take(reports, nowMs);
    const places = asks.map((ask) => this.#ledger.place(ask, nowMs));
    return wantsSnapshot ? { places, snapshot: this.#ledger.snapshot(nowMs, heldLengthModel) } : { places };
  }

  report(reports: readonly Report[], heldLengthModel?: number): PoolSnapshot {
    this.#take(reports, wallClock());
    return this.snapshot(heldLengthModel);
  }

  snapshot(heldLengthModel?: number): PoolSnapshot {
    return this.#ledger.snapshot(wallClock(), heldLengthModel);
  }

  /** Gives up dead leases and saves what changed; sleeps only while nothing is in flight and all is saved. */
  override async alarm(): Promise<void> {
    this.#alarmAtMs = Infinity;
    this.#ledger.expire(wallClock());
    const { revision } = this.#ledger;
    if (revision !== this.#savedRevision) {
      await this.ctx.storage.put(CHECKPOINT_KEY, this.#ledger.checkpoint(), unconfirmed);
      // What happened during the write is not in it: the revision was read before.
      this.#savedRevision = revision;
    }
    if (this.#ledger.revision !== revision) this.#wakeSoon();
    else if (this.#ledger.nextExpiryMs !== undefined) this.#wakeBy(this.#ledger.nextExpiryMs);
  }

  #take(reports: readonly Report[], nowMs: number): void {
    for (const report of reports) this.#ledger.report(report, nowMs);
    this.#wakeSoon();
  }

  #wakeSoon(): void {
    this.#wakeBy(wallClock() + CHECKPOINT_EVERY_MS);
  }

  /** Sets the alarm, unless one is due before: an alarm for the next expiry must not keep a change from being saved. */
  #wakeBy(timeMs: number): void {
    if (timeMs >= this.#alarmAtMs) return;
    this.#alarmAtMs = timeMs;
    this.ctx.waitUntil(this.ctx.storage.setAlarm(timeMs, unconfirmed));
  }
}
