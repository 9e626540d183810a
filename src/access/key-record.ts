import type { Policy } from './policy.ts';
import type { SaltedHash } from './salted-hash.ts';

/** One secret of a key. A key has two while it is rotated with a time of grace. */
interface KeySecret extends SaltedHash {
  /** Counts the key's secrets from 1. */
  readonly generation: number;
  /** When it stops to count; absent: when the key does. */
  readonly retiresAtMs?: number | undefined;
}

/** All that is kept of a key. Times are of the wall clock. */
export interface KeyRecord {
  readonly id: string;
  readonly name: string;
  readonly policy: Policy;
  readonly createdAtMs: number;
  readonly expiresAtMs?: number | undefined;
  readonly revokedAtMs?: number | undefined;
  /** Newest first. */
  readonly secrets: readonly KeySecret[];
}

export function isAlive({ expiresAtMs, revokedAtMs }: KeyRecord, nowMs: number): boolean {
  return revokedAtMs === undefined && nowMs < (expiresAtMs ?? Infinity);
}

/** Whether the key may be used with this secret of its. */
export function isUsable(record: KeyRecord, generation: number, nowMs: number): boolean {
  const secret = record.secrets.find((candidate) => candidate.generation === generation);
  return secret !== undefined && isAlive(record, nowMs) && nowMs < (secret.retiresAtMs ?? Infinity);
}

/** The record with a new secret. The last one counts for the time of grace; those before it no more. */
export function rotated(record: KeyRecord, next: SaltedHash, nowMs: number, graceMs: number): KeyRecord {
  const [last] = record.secrets;
  const fresh: KeySecret = { ...next, generation: (last?.generation ?? 0) + 1 };
  const kept = last !== undefined && graceMs > 0 ? [{ ...last, retiresAtMs: nowMs + graceMs }] : [];
  return { ...record, secrets: [fresh, ...kept] };
}
