import { DurableObject } from 'cloudflare:workers';
import { type Env, readConfig } from '../config.ts';
import { wallClock } from '../platform/clock.ts';
import type { PoolSnapshot } from '../routing/snapshot.ts';
import type { Answer, Ask, Report } from './lease.ts';
import { Ledger, type LedgerCheckpoint } from './ledger.ts';

const CHECKPOINT_KEY = 'ledger';
/**
 * How much the ledger may forget when its process dies: a write per second costs nothing, a write per request would
 * cost more than routing it.
 */
const CHECKPOINT_EVERY_MS = 1_000;

/**
 * The ledger of one pool as a Durable Object: a thin shell that brings the clock, the alarm and the storage. Leases
 * granted after the last checkpoint are unknown after a crash; their requests still finish, uncounted.
 */
export class PoolObject extends DurableObject<Env> {
  #ledger!: Ledger;
  #savedRevision = 0;
  #alarmSet = false;

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    const { catalogue } = readConfig(env);
    context.blockConcurrencyWhile(async () => {
      const checkpoint = await context.storage.get<LedgerCheckpoint>(CHECKPOINT_KEY);
      this.#ledger = new Ledger(catalogue, wallClock(), checkpoint);
      this.#savedRevision = this.#ledger.revision;
      this.#alarmSet = (await context.storage.getAlarm()) !== null;
    });
  }

  /** @param reports what the edge had to tell before it asked */
  acquire(ask: Ask, reports: readonly Report[]): Answer {
    const nowMs = wallClock();
    this.#take(reports, nowMs);
    return this.#ledger.acquire(ask, nowMs);
  }

  report(reports: readonly Report[]): PoolSnapshot {
    this.#take(reports, wallClock());
    return this.snapshot();
  }

  snapshot(): PoolSnapshot {
    return this.#ledger.snapshot(wallClock());
  }

  /** Gives up dead leases and saves what changed; sleeps only while nothing is in flight and all is saved. */
  override async alarm(): Promise<void> {
    this.#alarmSet = false;
    const nowMs = wallClock();
    this.#ledger.expire(nowMs);
    if (this.#ledger.revision !== this.#savedRevision) {
      await this.ctx.storage.put(CHECKPOINT_KEY, this.#ledger.checkpoint());
      this.#savedRevision = this.#ledger.revision;
      this.#wakeLater();
    } else if (this.#ledger.nextExpiryMs !== undefined) {
      this.#wakeAt(this.#ledger.nextExpiryMs);
    }
  }

  #take(reports: readonly Report[], nowMs: number): void {
    for (const report of reports) this.#ledger.report(report, nowMs);
    this.#wakeLater();
  }

  #wakeLater(): void {
    if (!this.#alarmSet) this.#wakeAt(wallClock() + CHECKPOINT_EVERY_MS);
  }

  #wakeAt(timeMs: number): void {
    this.#alarmSet = true;
    this.ctx.waitUntil(this.ctx.storage.setAlarm(timeMs));
  }
}
