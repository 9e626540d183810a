import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AccessClient, AccessEdge, type AccessRpc } from '../../src/access/access-client.ts';
import { Admissions, type Ask, type Settlement } from '../../src/access/admissions.ts';
import { createApiKey } from '../../src/access/api-key.ts';
import type { KeyRecord } from '../../src/access/key-record.ts';
import { saltedHash } from '../../src/access/salted-hash.ts';

const key = createApiKey();
const record: KeyRecord = {
  id: key.id,
  name: 'test',
  policy: { limits: {} },
  createdAtMs: 0,
  secrets: [{ ...(await saltedHash(key.secret)), generation: 1 }],
};

/** The object's part, without a Durable Object round it, counting the calls. */
function keysOf(records: readonly KeyRecord[]) {
  const desk = new Admissions(
    {},
    records.map((each) => ({ record: each })),
    undefined,
    1,
  );
  const calls = { directory: 0, settled: [] as Settlement[], unreachable: false };
  const reach = () => {
    if (calls.unreachable) throw new Error('gone');
  };
  const rpc: Pick<AccessRpc, 'directory' | 'admit' | 'settle'> = {
    async directory(known) {
      reach();
      calls.directory += 1;
      return desk.directory(known, Date.now());
    },
    async admit(ask, settlements) {
      reach();
      calls.settled.push(...settlements);
      return desk.admit(ask, Date.now());
    },
    async settle(settlements) {
      reach();
      calls.settled.push(...settlements);
    },
  };
  const edge = new AccessEdge();
  const client = new AccessClient(rpc as AccessRpc, edge, () => Date.now());
  return { desk, calls, edge, client };
}

function ask(generation = 1): Ask {
  return { keyId: key.id, generation, reservationId: 'r', tokens: 0 };
}

describe('AccessClient', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('fetches the keys once for all requests of known keys', async () => {
    const { client, calls } = keysOf([record]);
    for (let count = 0; count < 5; count++) {
      expect(await client.identify(key)).toMatchObject({ keyId: key.id, generation: 1 });
      vi.advanceTimersByTime(3_600_000);
    }
    expect(calls.directory).toBe(1);
  });

  it('does the same for a key that does not exist as for a secret that is wrong', async () => {
    const efforts = [];
    for (const guess of [createApiKey(), createApiKey(key.id)]) {
      const { client, calls } = keysOf([record]);
      const digests = vi.spyOn(crypto.subtle, 'digest');
      for (let count = 0; count < 3; count++) {
        expect(await client.identify(guess)).toBeUndefined();
        vi.advanceTimersByTime(700);
      }
      efforts.push([calls.directory, digests.mock.calls.length]);
      digests.mockRestore();
    }
    expect(efforts[0]).toEqual(efforts[1]);
  });

  it('lets strangers reach the keys once a second, however many come', async () => {
    const { client, calls } = keysOf([record]);
    for (let count = 0; count < 50; count++) {
      await client.identify(createApiKey());
      vi.advanceTimersByTime(100);
    }
    expect(calls.directory).toBeLessThanOrEqual(6);
  });

  it('knows a new key, and a new secret, within a second', async () => {
    const { client, desk } = keysOf([record]);
    const [other, next] = [createApiKey(), createApiKey(key.id)];
    await client.identify(key);
    desk.add(
      { ...record, id: other.id, secrets: [{ ...(await saltedHash(other.secret)), generation: 1 }] },
      0,
    );
    desk.rotate(key.id, await saltedHash(next.secret), Date.now(), 0);
    vi.advanceTimersByTime(1_000);
    expect(await client.identify(other)).toBeDefined();
    expect(await client.identify(next)).toMatchObject({ generation: 2 });
    expect(await client.identify(key)).toBeUndefined();
  });

  it('looks at the keys anew when the object knows better', async () => {
    const { client, desk, calls } = keysOf([record]);
    expect(await client.identify(key)).toBeDefined();
    desk.revoke(key.id, Date.now());
    expect(await client.identify(key)).toBeDefined();
    expect(await client.admit(ask())).toEqual({ kind: 'unusable' });
    expect(await client.identify(key)).toBeUndefined();
    expect(calls.directory).toBeGreaterThan(1);
  });

  it('turns an expired key down by itself', async () => {
    const { client } = keysOf([{ ...record, expiresAtMs: 1_005_000 }]);
    expect(await client.identify(key)).toBeDefined();
    vi.advanceTimersByTime(5_000);
    expect(await client.identify(key)).toBeUndefined();
  });

  it('says whether there is any key', async () => {
    const { client, desk } = keysOf([]);
    expect(await client.hasKeys()).toBe(false);
    desk.add(record, Date.now());
    vi.advanceTimersByTime(1_000);
    expect(await client.hasKeys()).toBe(true);
  });

  it('sends settlements along with the next question, and keeps what could not be sent', async () => {
    const { client, calls } = keysOf([record]);
    const settlement = { keyId: key.id, reservationId: 'r', tokens: 5 };
    const alone = client.settle(settlement);
    await client.admit(ask());
    await vi.advanceTimersByTimeAsync(50);
    await alone;
    expect(calls.settled).toEqual([settlement]);
    calls.unreachable = true;
    const failed = expect(client.settle({ ...settlement, tokens: 6 })).rejects.toThrow('gone');
    await vi.advanceTimersByTimeAsync(50);
    await failed;
    calls.unreachable = false;
    await client.admit(ask());
    expect(calls.settled.map(({ tokens }) => tokens)).toEqual([5, 6]);
  });

  it('lets nobody in when the keys cannot be reached', async () => {
    const { client, calls } = keysOf([record]);
    calls.unreachable = true;
    await expect(client.identify(key)).rejects.toThrow('gone');
    await expect(client.admit(ask())).rejects.toThrow('gone');
  });
});
