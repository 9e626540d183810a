import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Ask, Place, Report } from '../../src/pool/lease.ts';
import { LEASE_MS } from '../../src/pool/ledger.ts';
import type { PoolObject } from '../../src/pool/pool-object.ts';
import { type LengthModel, predictLength } from '../../src/routing/lengths/length-model.ts';

const { POOL } = env as unknown as { POOL: DurableObjectNamespace<PoolObject> };

function ask(leaseId: string, ranking: string[]): Ask {
  return {
    leaseId,
    ranking,
    task: 'chat',
    class: 'standard',
    promptTokens: 100,
    expectedOutputTokens: 50,
    streams: true,
    arrives: true,
  };
}

function aborted(leaseId: string): Report {
  return { kind: 'settled', leaseId, outcome: { kind: 'aborted' } };
}

/** A ledger of its own for each test. */
function newPool(name: string) {
  return POOL.getByName(name);
}

/** Asks for one place. */
async function acquire(
  pool: DurableObjectStub<PoolObject>,
  asked: Ask,
  reports: readonly Report[] = [],
): Promise<Place> {
  const { places } = await pool.acquire([asked], reports, false);
  return places[0]!;
}

describe('PoolObject', () => {
  it('never grants one place twice, however many ask at once', async () => {
    const pool = newPool('race');
    const asks = Array.from({ length: 40 }, (_, index) =>
      acquire(pool, ask(`r${index}`, ['large', 'small'])),
    );
    const answers = await Promise.all(asks);
    const granted = answers.flatMap((answer) => (answer.kind === 'granted' ? [answer.variant] : []));
    expect(granted.filter((variant) => variant === 'large')).toHaveLength(2);
    expect(granted.filter((variant) => variant === 'small')).toHaveLength(8);
    expect(answers.filter(({ kind }) => kind === 'refused')).toHaveLength(30);
  });

  it('answers those that ask together one after the other, and the same to whoever asks again', async () => {
    const pool = newPool('together');
    const asks = ['a', 'b', 'c', 'd'].map((id) => ask(id, id === 'b' ? ['small'] : ['large']));
    const granted = (variant: string) => ({ kind: 'granted', variant });
    const refused = { kind: 'refused' };
    const expected = [granted('large'), granted('small'), granted('large'), refused];
    expect((await pool.acquire(asks, [], false)).places).toMatchObject(expected);
    expect((await pool.acquire(asks, [], false)).places).toMatchObject(expected);
    expect((await pool.snapshot()).endpoints.big?.inFlight).toBe(2);
  });

  it('takes what an edge reports before it looks for a place', async () => {
    const pool = newPool('reports');
    for (const id of ['a', 'b']) await acquire(pool, ask(id, ['large']));
    expect((await acquire(pool, ask('c', ['large']))).kind).toBe('refused');
    expect((await acquire(pool, ask('d', ['large']), [aborted('a')])).kind).toBe('granted');
  });

  it('keeps leases and what it learned over an eviction, once the alarm has saved them', async () => {
    const pool = newPool('evicted');
    await acquire(pool, ask('kept', ['large']));
    await pool.report([{ kind: 'first-token', leaseId: 'kept', ttftMs: 500 }]);
    const before = await pool.snapshot();
    expect(await runDurableObjectAlarm(pool)).toBe(true);
    await evictDurableObject(pool);
    const after = await pool.snapshot();
    expect(after.endpoints.big?.inFlight).toBe(1);
    expect(after.services.large?.ttft).toEqual(before.services.large?.ttft);
    expect(after.revision).toBeGreaterThan(before.revision);
    await pool.report([aborted('kept')]);
    expect((await pool.snapshot()).endpoints.big?.inFlight).toBe(0);
  });

  it('keeps what it learned of lengths over an eviction, and sends it only to who lacks it', async () => {
    const pool = newPool('lengths');
    const slots = [1, 2, 3];
    for (let index = 0; index < 30; index++) {
      await acquire(pool, { ...ask(`${index}`, ['large']), lengthSlots: slots });
      const outcome = { kind: 'served', outputTokens: 7, e2eMs: 50 } as const;
      await pool.report([{ kind: 'settled', leaseId: `${index}`, outcome }]);
    }
    await runDurableObjectAlarm(pool);
    await evictDurableObject(pool);
    const { lengthModel } = await pool.snapshot();
    const prediction = predictLength(lengthModel as LengthModel, 'chat', slots)!;
    expect(prediction.calibration?.samples).toBe(30);
    expect(prediction.quantiles?.[1]).toBeLessThan(12);
    expect((await pool.snapshot(lengthModel!.revision)).lengthModel).toBeUndefined();
    expect((await pool.report([], lengthModel!.revision - 1)).lengthModel).toEqual(lengthModel);
  });

  it('goes on counting correctly when a lease it forgot is settled', async () => {
    const pool = newPool('crashed');
    await acquire(pool, ask('forgotten', ['large']));
    await evictDurableObject(pool);
    const snapshot = await pool.report([aborted('forgotten')]);
    expect(snapshot.endpoints.big?.inFlight).toBe(0);
  });

  it('saves a change within a second also while the alarm waits for an expiry', async () => {
    const pool = newPool('quiet');
    await acquire(pool, ask('first', ['large']));
    await runDurableObjectAlarm(pool);
    await runDurableObjectAlarm(pool);
    await acquire(pool, ask('second', ['large']));
    const dueMs = await runInDurableObject(pool, (_, state) => state.storage.getAlarm());
    expect(dueMs).toBeLessThan(Date.now() + 2_000);
    await runDurableObjectAlarm(pool);
    await evictDurableObject(pool);
    expect((await pool.snapshot()).endpoints.big?.inFlight).toBe(2);
  });

  it('sets the alarm that gives up dead leases, and sleeps when nothing is in flight and all is saved', async () => {
    const pool = newPool('alarm');
    await acquire(pool, ask('dead', ['large']));
    expect(await runDurableObjectAlarm(pool)).toBe(true);
    expect(await runDurableObjectAlarm(pool)).toBe(true);
    const dueMs = await runInDurableObject(pool, (_, state) => state.storage.getAlarm());
    expect(dueMs).toBeGreaterThan(Date.now() + LEASE_MS / 2);
    await pool.report([aborted('dead')]);
    await runDurableObjectAlarm(pool);
    await runDurableObjectAlarm(pool);
    expect(await runDurableObjectAlarm(pool)).toBe(false);
  });
});
