import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Ask, Report } from '../../src/pool/lease.ts';
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

describe('PoolObject', () => {
  it('never grants one place twice, however many ask at once', async () => {
    const pool = newPool('race');
    const asks = Array.from({ length: 40 }, (_, index) =>
      pool.acquire(ask(`r${index}`, ['large', 'small']), [], false),
    );
    const answers = await Promise.all(asks);
    const granted = answers.flatMap((answer) => (answer.kind === 'granted' ? [answer.variant] : []));
    expect(granted.filter((variant) => variant === 'large')).toHaveLength(2);
    expect(granted.filter((variant) => variant === 'small')).toHaveLength(8);
    expect(answers.filter(({ kind }) => kind === 'refused')).toHaveLength(30);
  });

  it('takes what an edge reports before it looks for a place', async () => {
    const pool = newPool('reports');
    for (const id of ['a', 'b']) await pool.acquire(ask(id, ['large']), [], false);
    expect((await pool.acquire(ask('c', ['large']), [], false)).kind).toBe('refused');
    expect((await pool.acquire(ask('d', ['large']), [aborted('a')], false)).kind).toBe('granted');
  });

  it('keeps leases and what it learned over an eviction, once the alarm has saved them', async () => {
    const pool = newPool('evicted');
    await pool.acquire(ask('kept', ['large']), [], false);
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
      await pool.acquire({ ...ask(`${index}`, ['large']), lengthSlots: slots }, [], false);
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
    await pool.acquire(ask('forgotten', ['large']), [], false);
    await evictDurableObject(pool);
    const snapshot = await pool.report([aborted('forgotten')]);
    expect(snapshot.endpoints.big?.inFlight).toBe(0);
  });

  it('saves a change within a second also while the alarm waits for an expiry', async () => {
    const pool = newPool('quiet');
    await pool.acquire(ask('first', ['large']), [], false);
    await runDurableObjectAlarm(pool);
    await runDurableObjectAlarm(pool);
    await pool.acquire(ask('second', ['large']), [], false);
    const dueMs = await runInDurableObject(pool, (_, state) => state.storage.getAlarm());
    expect(dueMs).toBeLessThan(Date.now() + 2_000);
    await runDurableObjectAlarm(pool);
    await evictDurableObject(pool);
    expect((await pool.snapshot()).endpoints.big?.inFlight).toBe(2);
  });

  it('sets the alarm that gives up dead leases, and sleeps when nothing is in flight and all is saved', async () => {
    const pool = newPool('alarm');
    await pool.acquire(ask('dead', ['large']), [], false);
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
