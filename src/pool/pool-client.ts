import type { Clock } from '../platform/clock.ts';
import type { PoolSnapshot } from '../routing/snapshot.ts';
import type { Answer, Ask, Settlement } from './lease.ts';

/** The ledger's methods as they are called from an isolate. */
export interface PoolRpc {
  acquire(ask: Ask): Promise<Answer>;
  firstToken(leaseId: string, ttftMs: number): Promise<PoolSnapshot>;
  settle(settlement: Settlement): Promise<PoolSnapshot>;
  snapshot(): Promise<PoolSnapshot>;
}

/** The binding that leads to ledgers by name. */
export interface PoolNamespace {
  getByName(pool: string): PoolRpc;
}

/** A snapshot and when this isolate received it, by the isolate's own clock. */
interface HeldSnapshot {
  readonly snapshot: PoolSnapshot;
  readonly receivedAtMs: number;
}

/** The newest snapshot an isolate has seen, shared by its requests. */
export class SnapshotHolder {
  #held: HeldSnapshot | undefined;

  /** Keeps the newer of the two: answers of concurrent requests arrive in any order. */
  offer(snapshot: PoolSnapshot, receivedAtMs: number): void {
    if (this.#held === undefined || snapshot.revision >= this.#held.snapshot.revision)
      this.#held = { snapshot, receivedAtMs };
  }

  get held(): HeldSnapshot | undefined {
    return this.#held;
  }
}

/** One request's view of the ledger: calls it, and keeps the isolate's snapshot as new as its answers. */
export class PoolClient {
  readonly #rpc: PoolRpc;
  readonly #holder: SnapshotHolder;
  readonly #clock: Clock;

  constructor(rpc: PoolRpc, holder: SnapshotHolder, clock: Clock) {
    this.#rpc = rpc;
    this.#holder = holder;
    this.#clock = clock;
  }

  /** A snapshot no older than `maxAgeMs`, fetched if the isolate holds none. Rejects when the ledger cannot be reached. */
  async snapshot(maxAgeMs: number): Promise<{ readonly snapshot: PoolSnapshot; readonly ageMs: number }> {
    const held = this.#holder.held;
    const ageMs = held === undefined ? Infinity : this.#clock() - held.receivedAtMs;
    if (held !== undefined && ageMs <= maxAgeMs) return { snapshot: held.snapshot, ageMs };
    return { snapshot: this.#keep(await this.#rpc.snapshot()), ageMs: 0 };
  }

  async acquire(ask: Ask): Promise<Answer> {
    const answer = await this.#rpc.acquire(ask);
    this.#keep(answer.snapshot);
    return answer;
  }

  async firstToken(leaseId: string, ttftMs: number): Promise<void> {
    this.#keep(await this.#rpc.firstToken(leaseId, ttftMs));
  }

  async settle(settlement: Settlement): Promise<void> {
    this.#keep(await this.#rpc.settle(settlement));
  }

  #keep(snapshot: PoolSnapshot): PoolSnapshot {
    this.#holder.offer(snapshot, this.#clock());
    return snapshot;
  }
}
