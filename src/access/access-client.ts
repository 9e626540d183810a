import type { Clock } from '../platform/clock.ts';
import { Outbox } from '../platform/outbox.ts';
import type { Ask, Directory, KeyStatus, Settlement, Verdict } from './admissions.ts';
import type { ApiKey } from './api-key.ts';
import { isUsable, type KeyRecord } from './key-record.ts';
import type { Policy } from './policy.ts';
import { isSecret, nobodysHash, type SaltedHash } from './salted-hash.ts';

/** The object's methods as they are called from an isolate. */
export interface AccessRpc {
  directory(knownRevision: number | undefined): Promise<Directory | undefined>;
  admit(ask: Ask, settlements: readonly Settlement[]): Promise<Verdict>;
  settle(settlements: readonly Settlement[]): Promise<void>;
  list(): Promise<KeyStatus[]>;
  create(record: KeyRecord): Promise<KeyStatus | undefined>;
  revoke(id: string): Promise<KeyStatus | undefined>;
  rotate(id: string, next: SaltedHash, graceMs: number): Promise<KeyStatus | undefined>;
}

/** The binding that leads to it. */
export interface AccessNamespace {
  getByName(name: string): AccessRpc;
}

/** A gateway has one set of keys: only one place can count exactly what all of them take together. */
export function accessObject(namespace: AccessNamespace): AccessRpc {
  return namespace.getByName('keys');
}

/**
 * A key that is not in the isolate's directory, or has another secret there, has it fetched anew, unless it is younger
 * than this. So strangers reach the object in one burst a second, those that come before its answer, and a new key is
 * known everywhere after a second.
 */
const RECHECK_MS = 1_000;
/** How long a settlement waits to travel with the isolate's next question, which saves a call. */
const SETTLE_WITHIN_MS = 20;

/** Who calls: a key that exists, shown with a secret of its. */
export interface Identity {
  readonly keyId: string;
  readonly generation: number;
  readonly policy: Policy;
}

/** What the requests of one isolate share: the keys as they were last seen, and what is to be settled. */
export class AccessEdge {
  readonly outbox = new Outbox<Settlement>();
  directory: Directory | undefined;
  /** When the directory was last known to be the newest. */
  checkedAtMs = -Infinity;

  /** Makes the next request look at the keys anew. */
  forget(): void {
    this.checkedAtMs = -Infinity;
  }
}

/** One request's way to the keys. */
export class AccessClient {
  readonly #rpc: AccessRpc;
  readonly #edge: AccessEdge;
  readonly #clock: Clock;

  /** @param clock the wall clock: keys expire by it */
  constructor(rpc: AccessRpc, edge: AccessEdge, clock: Clock) {
    this.#rpc = rpc;
    this.#edge = edge;
    this.#clock = clock;
  }

  /** Whether there is any key at all. */
  async hasKeys(): Promise<boolean> {
    if (this.#edge.directory !== undefined && this.#edge.directory.keys.size > 0) return true;
    return (await this.#directory(RECHECK_MS)).keys.size > 0;
  }

  /**
   * Whose key this is; undefined for nobody's. It may be one that was revoked since the directory was fetched:
   * `admit` knows. Rejects when the keys cannot be reached.
   */
  async identify(key: ApiKey): Promise<Identity | undefined> {
    const held = await identifyIn(await this.#directory(Infinity), key, this.#clock());
    return held ?? (await identifyIn(await this.#directory(RECHECK_MS), key, this.#clock()));
  }

  /** Asks for one request's admission, and delivers what the isolate has to settle. */
  async admit(ask: Ask): Promise<Verdict> {
    const verdict = await this.#deliver((settlements) => this.#rpc.admit(ask, settlements));
    if (verdict.kind === 'unusable') this.#edge.forget();
    return verdict;
  }

  /** Resolves when the settlement has left the isolate, with another request's question or by itself. */
  async settle(settlement: Settlement): Promise<void> {
    this.#edge.outbox.add(settlement);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_WITHIN_MS));
    await this.#deliver(async (settlements) => {
      if (settlements.length > 0) await this.#rpc.settle(settlements);
    });
  }

  /** The directory the isolate holds, if it was the newest within the time given; else the newest. */
  async #directory(maxAgeMs: number): Promise<Directory> {
    const { directory: held, checkedAtMs } = this.#edge;
    const askedAtMs = this.#clock();
    if (held !== undefined && askedAtMs - checkedAtMs < maxAgeMs) return held;
    const directory = (await this.#rpc.directory(held?.revision)) ?? held;
    if (directory === undefined) throw new Error('the keys answered that an unknown revision is known');
    this.#edge.directory = directory;
    this.#edge.checkedAtMs = askedAtMs;
    return directory;
  }

  async #deliver<Result>(send: (settlements: readonly Settlement[]) => Promise<Result>): Promise<Result> {
    const settlements = this.#edge.outbox.takeAll();
    try {
      return await send(settlements);
    } catch (error) {
      this.#edge.outbox.giveBack(settlements);
      throw error;
    }
  }
}

/** The key's identity in a directory. An unknown key takes as long as a wrong secret. */
async function identifyIn({ keys }: Directory, key: ApiKey, nowMs: number): Promise<Identity | undefined> {
  const record = keys.get(key.id);
  let identity: Identity | undefined;
  for (const secret of record?.secrets ?? [{ ...nobodysHash, generation: 0 }])
    if ((await isSecret(key.secret, secret)) && record && isUsable(record, secret.generation, nowMs))
      identity = { keyId: key.id, generation: secret.generation, policy: record.policy };
  return identity;
}
