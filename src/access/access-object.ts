import { DurableObject } from 'cloudflare:workers';
import { type Env, readConfig } from '../config.ts';
import { wallClock } from '../platform/clock.ts';
import {
  Admissions,
  type Ask,
  type Directory,
  type KeyStatus,
  type SavedAccount,
  type Settlement,
  type Verdict,
} from './admissions.ts';
import type { KeyRecord } from './key-record.ts';
import type { SaltedHash } from './salted-hash.ts';
import type { SavedUsage } from './usage.ts';

const RECORD = 'key:';
const USAGE = 'usage:';
const SHARED_USAGE = 'shared-usage';

/** What was used is saved this long after the first change: a write per request would cost more than admitting it. */
const SAVE_EVERY_MS = 5_000;
/** Or as soon as this share of some limit is unsaved: so much more than allowed may pass when the process dies. */
const SAVE_AT_SHARE = 0.005;

/** Nobody is told that usage was saved, so no answer has to wait until it is on disk. */
const unconfirmed = { allowUnconfirmed: true } as const;

/**
 * The keys and what they have used, as a Durable Object: a thin shell that brings the clock, the alarm and the
 * storage. A change of a key is on disk before anybody is told of it; usage is saved a moment later.
 */
export class AccessObject extends DurableObject<Env> {
  #admissions!: Admissions;
  /** Keys whose usage has changed since it was saved. */
  readonly #unsaved = new Set<string>();
  #alarmIsSet = false;

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    const { sharedLimits } = readConfig(env).access;
    context.blockConcurrencyWhile(async () => {
      const { storage } = context;
      const records = await storage.list<KeyRecord>({ prefix: RECORD });
      const usages = await storage.list<SavedUsage>({ prefix: USAGE });
      const saved = [...records.values()].map(
        (record): SavedAccount => ({ record, usage: usages.get(USAGE + record.id) }),
      );
      // A process that starts anew must not repeat a revision under which isolates hold another directory.
      this.#admissions = new Admissions(
        sharedLimits,
        saved,
        await storage.get<SavedUsage>(SHARED_USAGE),
        wallClock(),
      );
      this.#alarmIsSet = (await storage.getAlarm()) !== null;
    });
  }

  directory(knownRevision: number | undefined): Directory | undefined {
    return this.#admissions.directory(knownRevision, wallClock());
  }

  /** @param settlements what the edge had to tell before it asked */
  admit(ask: Ask, settlements: readonly Settlement[]): Verdict {
    this.#take(settlements);
    const verdict = this.#admissions.admit(ask, wallClock());
    if (verdict.kind === 'admitted') this.#changed(ask.keyId);
    return verdict;
  }

  settle(settlements: readonly Settlement[]): void {
    this.#take(settlements);
  }

  list(): KeyStatus[] {
    return this.#admissions.list(wallClock());
  }

  /** @returns the key's status; undefined when there is no place for another key */
  async create(record: KeyRecord): Promise<KeyStatus | undefined> {
    const gone = this.#admissions.add(record, wallClock());
    if (gone === undefined) return undefined;
    await this.ctx.storage.delete(gone.flatMap((id) => [RECORD + id, USAGE + id]));
    return await this.#keep(record);
  }

  /** @returns the key's status; undefined for an unknown key */
  async revoke(id: string): Promise<KeyStatus | undefined> {
    return await this.#keep(this.#admissions.revoke(id, wallClock()));
  }

  /** @returns the key's status; undefined for a key that is unknown or dead */
  async rotate(id: string, next: SaltedHash, graceMs: number): Promise<KeyStatus | undefined> {
    return await this.#keep(this.#admissions.rotate(id, next, wallClock(), graceMs));
  }

  override async alarm(): Promise<void> {
    this.#alarmIsSet = false;
    this.#save();
  }

  async #keep(record: KeyRecord | undefined): Promise<KeyStatus | undefined> {
    if (record === undefined) return undefined;
    await this.ctx.storage.put(RECORD + record.id, record);
    return this.#admissions.status(record.id, wallClock());
  }

  #take(settlements: readonly Settlement[]): void {
    for (const settlement of settlements) {
      this.#admissions.settle(settlement);
      this.#changed(settlement.keyId);
    }
  }

  #changed(id: string): void {
    this.#unsaved.add(id);
    const usages = [this.#admissions.usageOf(id), this.#admissions.sharedUsage];
    if (usages.some((usage) => usage !== undefined && usage.unsavedShare >= SAVE_AT_SHARE)) this.#save();
    else if (!this.#alarmIsSet) {
      this.#alarmIsSet = true;
      this.ctx.waitUntil(this.ctx.storage.setAlarm(wallClock() + SAVE_EVERY_MS, unconfirmed));
    }
  }

  #save(): void {
    for (const id of this.#unsaved) this.#put(USAGE + id, this.#admissions.usageOf(id)?.save());
    this.#unsaved.clear();
    this.#put(SHARED_USAGE, this.#admissions.sharedUsage.save());
  }

  #put(key: string, usage: SavedUsage | undefined): void {
    if (usage !== undefined) this.ctx.waitUntil(this.ctx.storage.put(key, usage, unconfirmed));
  }
}
