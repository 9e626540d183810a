import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { AccessObject } from '../../src/access/access-object.ts';
import type { KeyRecord } from '../../src/access/key-record.ts';
import type { KeyLimits } from '../../src/access/policy.ts';

const { KEYS } = env as unknown as { KEYS: DurableObjectNamespace<AccessObject> };
const hash = { salt: '0'.repeat(32), hash: '1'.repeat(64) };

function record(id: string, limits: KeyLimits = {}): KeyRecord {
  const secrets = [{ ...hash, generation: 1 }];
  return { id, name: id, policy: { limits }, createdAtMs: Date.now(), secrets };
}

function ask(keyId: string, reservationId: string, tokens = 0) {
  return { keyId, generation: 1, reservationId, tokens };
}

describe('AccessObject', () => {
  it('admits no more than the limit, however many ask at once', async () => {
    const object = KEYS.getByName('race');
    await object.create(record('a', { requestsPerMinute: 100, tokensPerDay: 1_000 }));
    const asks = Array.from({ length: 300 }, (_, index) => object.admit(ask('a', `r${index}`), []));
    const kinds = (await Promise.all(asks)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'admitted')).toHaveLength(100);
    expect(kinds.filter((kind) => kind === 'refused')).toHaveLength(200);
  });

  it('takes what an edge settles before it decides', async () => {
    const object = KEYS.getByName('settling');
    await object.create(record('a', { tokensPerDay: 1_000 }));
    await object.admit(ask('a', 'r', 900), []);
    expect((await object.admit(ask('a', 's', 200), [])).kind).toBe('refused');
    const settlements = [{ keyId: 'a', reservationId: 'r', tokens: 10 }];
    expect((await object.admit(ask('a', 't', 200), settlements)).kind).toBe('admitted');
  });

  it('keeps keys over an eviction, and their revocations', async () => {
    const object = KEYS.getByName('evicted-keys');
    for (const id of ['a', 'b']) await object.create(record(id));
    await object.revoke('a');
    await object.rotate('b', hash, 0);
    await evictDurableObject(object);
    expect((await object.list()).map(({ id, state }) => [id, state]).sort()).toEqual([
      ['a', 'revoked'],
      ['b', 'active'],
    ]);
    expect((await object.admit(ask('b', 'r'), [])).kind).toBe('unusable');
    expect((await object.admit({ ...ask('b', 'r'), generation: 2 }, [])).kind).toBe('admitted');
  });

  it('keeps what was used over an eviction, once the alarm has saved it', async () => {
    const object = KEYS.getByName('evicted-usage');
    await object.create(record('a'));
    await object.admit(ask('a', 'r', 700), []);
    expect(await runDurableObjectAlarm(object)).toBe(true);
    await evictDurableObject(object);
    await object.settle([{ keyId: 'a', reservationId: 'r', tokens: 30 }]);
    expect((await object.list())[0]?.usage).toMatchObject({ requestsLastMinute: 1, tokensToday: 30 });
  });

  it('forgets less than a hundredth of a limit when its process dies without warning', async () => {
    const object = KEYS.getByName('crashed');
    await object.create(record('a', { requestsPerMinute: 1_000, tokensPerDay: 100_000 }));
    for (let index = 0; index < 303; index++) await object.admit(ask('a', `r${index}`, 100), []);
    await evictDurableObject(object);
    const [status] = await object.list();
    expect(status!.usage.requestsLastMinute).toBeGreaterThan(293);
    expect(status!.usage.tokensToday).toBeGreaterThan(29_300);
  });

  it('does not write for every request, and sleeps when all is saved', async () => {
    const object = KEYS.getByName('writes');
    await object.create(record('a', { requestsPerMinute: 100_000 }));
    const writes = await runInDurableObject(object, async (instance, { storage }) => {
      const keys: string[] = [];
      const put = storage.put.bind(storage) as (key: string, ...rest: unknown[]) => Promise<void>;
      storage.put = ((key: string, ...rest: unknown[]) => {
        keys.push(key);
        return put(key, ...rest);
      }) as typeof storage.put;
      for (let index = 0; index < 400; index++) instance.admit(ask('a', `r${index}`), []);
      return keys;
    });
    expect(writes).toEqual([]);
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await runDurableObjectAlarm(object)).toBe(false);
  });

  it('gives out another revision after an eviction, so that no isolate keeps an old directory', async () => {
    const object = KEYS.getByName('revisions');
    await object.create(record('a'));
    const directory = await object.directory(undefined);
    expect(await object.directory(directory!.revision)).toBeUndefined();
    await evictDurableObject(object);
    const after = await object.directory(directory!.revision);
    expect(after!.revision).toBeGreaterThan(directory!.revision);
    expect([...after!.keys.keys()]).toEqual(['a']);
  });
});
