import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Ask, Report } from '../../src/pool/lease.ts';
import { Ledger } from '../../src/pool/ledger.ts';
import { PoolClient, PoolEdge, type PoolRpc } from '../../src/pool/pool-client.ts';
import { catalogue } from '../support/small-catalogue.ts';

const ask: Ask = {
  leaseId: 'a',
  ranking: ['large'],
  task: 'chat',
  class: 'standard',
  promptTokens: 1,
  expectedOutputTokens: 1,
  streams: true,
  arrives: true,
};
const report = (leaseId: string): Report => ({ kind: 'first-token', leaseId, ttftMs: 5 });

/** A ledger within reach, or not, that notes what it was told. */
class FakeRpc implements PoolRpc {
  readonly calls: { readonly method: string; readonly reports: readonly Report[] }[] = [];
  reachable = true;
  readonly #ledger = new Ledger(catalogue, 0);

  async acquire(asked: Ask, reports: readonly Report[]) {
    this.#note('acquire', reports);
    return this.#ledger.acquire(asked, 0);
  }

  async report(reports: readonly Report[]) {
    this.#note('report', reports);
    return this.#ledger.snapshot(0);
  }

  async snapshot() {
    this.#note('snapshot', []);
    return this.#ledger.snapshot(0);
  }

  #note(method: string, reports: readonly Report[]): void {
    if (!this.reachable) throw new Error('overloaded');
    this.calls.push({ method, reports });
  }
}

describe('PoolClient', () => {
  let nowMs = 0;
  let rpc: FakeRpc;
  let edge: PoolEdge;
  const client = () => new PoolClient(rpc, edge, () => nowMs);

  beforeEach(() => {
    vi.useFakeTimers();
    nowMs = 0;
    rpc = new FakeRpc();
    edge = new PoolEdge();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('fetches a snapshot only when the isolate holds none that is new enough', async () => {
    expect((await client().snapshot(100)).ageMs).toBe(0);
    nowMs = 100;
    expect((await client().snapshot(100)).ageMs).toBe(100);
    expect(rpc.calls).toHaveLength(1);
    nowMs = 101;
    expect((await client().snapshot(100)).ageMs).toBe(0);
    expect(rpc.calls).toHaveLength(2);
  });

  it('sends reports along with the next question of any request', async () => {
    const sent = client().report(report('x'));
    await client().acquire(ask);
    await vi.runAllTimersAsync();
    await sent;
    expect(rpc.calls).toEqual([{ method: 'acquire', reports: [report('x')] }]);
  });

  it('sends reports by themselves, all in one call, when no question comes along', async () => {
    const sent = Promise.all([client().report(report('x')), client().report(report('y'))]);
    await vi.runAllTimersAsync();
    await sent;
    expect(rpc.calls).toEqual([{ method: 'report', reports: [report('x'), report('y')] }]);
  });

  it('keeps reports that could not be delivered for the next call', async () => {
    rpc.reachable = false;
    const lost = client().report(report('x'));
    const outcome = expect(lost).rejects.toThrow('overloaded');
    await vi.runAllTimersAsync();
    await outcome;
    await expect(client().acquire(ask)).rejects.toThrow('overloaded');
    rpc.reachable = true;
    await client().acquire(ask);
    expect(rpc.calls).toEqual([{ method: 'acquire', reports: [report('x')] }]);
  });

  it('never goes back to an older snapshot', async () => {
    await client().acquire(ask);
    const newest = edge.held!.snapshot;
    edge.offer({ ...newest, revision: newest.revision - 1 }, 5);
    expect(edge.held!.snapshot).toBe(newest);
  });
});
