import { describe, expect, it } from 'vitest';
import { Admissions, MOST_KEYS } from '../../src/access/admissions.ts';
import type { KeyRecord } from '../../src/access/key-record.ts';
import { outputBound, type Policy, type SharedLimits } from '../../src/access/policy.ts';

const hash = { salt: '0'.repeat(32), hash: '1'.repeat(64) };
const noon = Date.UTC(2026, 10, 21, 12);

function record(id: string, changes: Partial<KeyRecord> = {}): KeyRecord {
  const policy: Policy = { limits: {} };
  return { id, name: id, policy, createdAtMs: noon, secrets: [{ ...hash, generation: 1 }], ...changes };
}

function admissions(records: readonly KeyRecord[], shared: SharedLimits = {}): Admissions {
  const saved = records.map((each) => ({ record: each }));
  return new Admissions(shared, saved, undefined, 1);
}

const ask = (keyId: string, reservationId = 'r', tokens = 0, generation = 1) => ({
  keyId,
  generation,
  reservationId,
  tokens,
});

describe('Admissions', () => {
  it('lets nobody in who is unknown, revoked, expired or has a retired secret', () => {
    const desk = admissions([record('a'), record('b'), record('c', { expiresAtMs: noon + 10 })]);
    desk.revoke('a', noon);
    desk.rotate('b', hash, noon, 1_000);
    const kindAt = (id: string, generation: number, nowMs: number) =>
      desk.admit(ask(id, 'r', 0, generation), nowMs).kind;
    expect(kindAt('nobody', 1, noon)).toBe('unusable');
    expect(kindAt('a', 1, noon)).toBe('unusable');
    expect([kindAt('b', 1, noon + 999), kindAt('b', 1, noon + 1_000)]).toEqual(['admitted', 'unusable']);
    expect([kindAt('b', 2, noon + 1_000), kindAt('b', 3, noon)]).toEqual(['admitted', 'unusable']);
    expect([kindAt('c', 1, noon + 9), kindAt('c', 1, noon + 10)]).toEqual(['admitted', 'unusable']);
  });

  it('keeps limits and budgets over a rotation', () => {
    const desk = admissions([record('a', { policy: { limits: { tokensPerDay: 100 } } })]);
    desk.admit(ask('a', 'r', 90), noon);
    desk.rotate('a', hash, noon, 0);
    expect(desk.admit(ask('a', 's', 20, 2), noon)).toMatchObject({
      kind: 'refused',
      refusal: { limit: 'tokensPerDay' },
    });
  });

  it('holds all keys together to the shared limits, and charges no key for what was refused', () => {
    const desk = admissions([record('a'), record('b')], { requestsPerMinute: 3 });
    const kinds = ['a', 'b', 'a', 'b', 'a'].map((id, index) => desk.admit(ask(id, `r${index}`), noon));
    expect(kinds.map(({ kind }) => kind)).toEqual(['admitted', 'admitted', 'admitted', 'refused', 'refused']);
    expect(kinds[3]).toMatchObject({ scope: 'gateway', refusal: { limit: 'requestsPerMinute' } });
    expect(desk.status('b', noon)?.usage.requestsLastMinute).toBe(1);
  });

  it('gives out the keys in use, and says when nothing has changed', () => {
    const desk = admissions([
      record('a'),
      record('b', { revokedAtMs: noon }),
      record('c', { expiresAtMs: noon }),
    ]);
    const directory = desk.directory(undefined, noon)!;
    expect([...directory.keys.keys()]).toEqual(['a']);
    expect(desk.directory(directory.revision, noon)).toBeUndefined();
    desk.revoke('a', noon);
    expect(desk.directory(directory.revision, noon)?.keys.size).toBe(0);
  });

  it('revokes once, and rotates nothing that is dead', () => {
    const desk = admissions([record('a')]);
    expect(desk.revoke('a', noon)?.revokedAtMs).toBe(noon);
    expect(desk.revoke('a', noon + 5)?.revokedAtMs).toBe(noon);
    expect(desk.rotate('a', hash, noon + 5, 0)).toBeUndefined();
    expect(desk.revoke('nobody', noon)).toBeUndefined();
  });

  it('makes room for a new key by the one that has been dead longest, never by one in use', () => {
    const records = Array.from({ length: MOST_KEYS }, (_, index) => record(`k${index}`));
    const desk = admissions(records);
    expect(desk.add(record('new'), noon)).toBeUndefined();
    desk.revoke('k7', noon + 1);
    desk.revoke('k3', noon + 2);
    expect(desk.add(record('new'), noon + 3)).toEqual(['k7']);
    expect(desk.list(noon + 3)).toHaveLength(MOST_KEYS);
  });

  it('shows a person everything but secrets and hashes', () => {
    const text = JSON.stringify(admissions([record('a')]).list(noon));
    expect(text).toContain('"state":"active"');
    expect(text).not.toMatch(/secrets|salt|1111/);
  });
});

describe('the bound on an answer', () => {
  it('is there wherever tokens are limited, and only there', () => {
    expect(outputBound({ limits: {} }, {})).toBeUndefined();
    expect(outputBound({ limits: { requestsPerMinute: 5 } }, {})).toBeUndefined();
    for (const name of ['tokensPerMinute', 'tokensPerDay', 'tokensPerMonth'])
      expect(outputBound({ limits: { [name]: 10_000 } }, {})).toBe(4_096);
    expect(outputBound({ limits: {} }, { tokensPerMinute: 10_000 })).toBe(4_096);
    expect(outputBound({ limits: {} }, { outputTokens: 50 })).toBe(50);
    expect(outputBound({ limits: { outputTokens: 7 } }, { outputTokens: 50 })).toBe(7);
  });
});
