import { isAlive, isUsable, type KeyRecord, rotated } from './key-record.ts';
import type { SharedLimits } from './policy.ts';
import type { SaltedHash } from './salted-hash.ts';
import { type Refusal, type SavedUsage, type Standings, Usage, type UsageSummary } from './usage.ts';

/** Keys kept at most, revoked ones included; the isolates hold those that may be used. */
export const MOST_KEYS = 1_000;

/** What an isolate needs to know a key when it sees one. */
export interface Directory {
  readonly revision: number;
  readonly keys: ReadonlyMap<string, KeyRecord>;
}

/** What an isolate asks for one request whose key it knows. */
export interface Ask {
  readonly keyId: string;
  /** Which of the key's secrets was shown. */
  readonly generation: number;
  /** Under this the request's tokens are reserved; unique. */
  readonly reservationId: string;
  /** The most tokens the request can take, prompt and output; 0: it takes none. */
  readonly tokens: number;
}

export type Verdict =
  | { readonly kind: 'admitted'; readonly standings: Standings }
  /** The key was revoked or rotated since the isolate learned of it, or has expired. */
  | { readonly kind: 'unusable' }
  | {
      readonly kind: 'refused';
      /** Whose limit it is: the key's, or that of all keys together. */
      readonly scope: 'key' | 'gateway';
      readonly refusal: Refusal;
      readonly standings: Standings;
    };

/** What a request has really taken. */
export interface Settlement {
  readonly keyId: string;
  readonly reservationId: string;
  /** Prompt and output; absent when nobody counted, and what was reserved stands. */
  readonly tokens?: number | undefined;
}

/** A key for a person who asks: everything but its secrets. */
export interface KeyStatus extends Omit<KeyRecord, 'secrets'> {
  readonly state: 'active' | 'revoked' | 'expired';
  readonly usage: UsageSummary;
}

interface Account {
  record: KeyRecord;
  readonly usage: Usage;
}

export interface SavedAccount {
  readonly record: KeyRecord;
  readonly usage?: SavedUsage | undefined;
}

/**
 * Who may call, and how much. Every method is one synchronous step with the time passed in, so whoever calls them
 * one after the other never admits more than the limits allow, however many ask at once.
 */
export class Admissions {
  readonly #accounts: Map<string, Account>;
  readonly #shared: Usage;
  #revision: number;

  /** @param revision where to go on counting: beyond any that a directory already given out can have */
  constructor(
    limits: SharedLimits,
    saved: readonly SavedAccount[],
    shared: SavedUsage | undefined,
    revision: number,
  ) {
    this.#accounts = new Map(
      saved.map(({ record, usage }) => [
        record.id,
        { record, usage: new Usage(record.policy.limits, usage) },
      ]),
    );
    this.#shared = new Usage(limits, shared);
    this.#revision = revision;
  }

  /** The keys that may be used; undefined when nothing has changed since a revision. */
  directory(knownRevision: number | undefined, nowMs: number): Directory | undefined {
    if (knownRevision === this.#revision) return undefined;
    const alive = [...this.#accounts].filter(([, { record }]) => isAlive(record, nowMs));
    return { revision: this.#revision, keys: new Map(alive.map(([id, { record }]) => [id, record])) };
  }

  admit(ask: Ask, nowMs: number): Verdict {
    const account = this.#accounts.get(ask.keyId);
    if (account === undefined || !isUsable(account.record, ask.generation, nowMs))
      return { kind: 'unusable' };
    const own = account.usage.refusal(ask.tokens, nowMs);
    const refusal = own ?? this.#shared.refusal(ask.tokens, nowMs);
    if (refusal !== undefined) {
      const scope = own === undefined ? 'gateway' : 'key';
      return { kind: 'refused', scope, refusal, standings: account.usage.standings(nowMs) };
    }
    for (const usage of [account.usage, this.#shared]) usage.admit(ask.reservationId, ask.tokens, nowMs);
    return { kind: 'admitted', standings: account.usage.standings(nowMs) };
  }

  settle({ keyId, reservationId, tokens }: Settlement): void {
    this.#accounts.get(keyId)?.usage.settle(reservationId, tokens);
    this.#shared.settle(reservationId, tokens);
  }

  /** Every key, newest first. */
  list(nowMs: number): KeyStatus[] {
    return [...this.#accounts.keys()]
      .map((id) => this.status(id, nowMs)!)
      .sort((one, other) => other.createdAtMs - one.createdAtMs);
  }

  status(id: string, nowMs: number): KeyStatus | undefined {
    const account = this.#accounts.get(id);
    if (account === undefined) return undefined;
    const { secrets: _, ...rest } = account.record;
    const state =
      rest.revokedAtMs !== undefined ? 'revoked' : isAlive(account.record, nowMs) ? 'active' : 'expired';
    return { ...rest, state, usage: account.usage.summary(nowMs) };
  }

  /**
   * Takes a new key in. When there are too many, the one that has been dead longest goes.
   * @returns ids of keys that went; undefined when all are alive, so that there is no place for another
   */
  add(record: KeyRecord, nowMs: number): readonly string[] | undefined {
    const gone: string[] = [];
    if (this.#accounts.size >= MOST_KEYS) {
      const oldest = this.#longestDead(nowMs);
      if (oldest === undefined) return undefined;
      this.#accounts.delete(oldest);
      gone.push(oldest);
    }
    this.#accounts.set(record.id, { record, usage: new Usage(record.policy.limits) });
    this.#revision += 1;
    return gone;
  }

  /** @returns the record as it is now; undefined for an unknown key. Revoking twice changes nothing. */
  revoke(id: string, nowMs: number): KeyRecord | undefined {
    return this.#change(id, (record) => ({ ...record, revokedAtMs: record.revokedAtMs ?? nowMs }));
  }

  /** @returns the record as it is now; undefined for a key that is unknown or dead */
  rotate(id: string, next: SaltedHash, nowMs: number, graceMs: number): KeyRecord | undefined {
    const account = this.#accounts.get(id);
    if (account === undefined || !isAlive(account.record, nowMs)) return undefined;
    return this.#change(id, (record) => rotated(record, next, nowMs, graceMs));
  }

  usageOf(id: string): Usage | undefined {
    return this.#accounts.get(id)?.usage;
  }

  get sharedUsage(): Usage {
    return this.#shared;
  }

  #change(id: string, change: (record: KeyRecord) => KeyRecord): KeyRecord | undefined {
    const account = this.#accounts.get(id);
    if (account === undefined) return undefined;
    account.record = change(account.record);
    this.#revision += 1;
    return account.record;
  }

  #longestDead(nowMs: number): string | undefined {
    const diedAtMs = ({ revokedAtMs, expiresAtMs }: KeyRecord) =>
      Math.min(revokedAtMs ?? Infinity, expiresAtMs ?? Infinity);
    const dead = [...this.#accounts.values()].filter(({ record }) => !isAlive(record, nowMs));
    dead.sort((one, other) => diedAtMs(one.record) - diedAtMs(other.record));
    return dead[0]?.record.id;
  }
}
