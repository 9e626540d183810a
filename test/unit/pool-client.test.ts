import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answers, Ask, Report } from '../../src/pool/lease.ts';
import { Ledger } from '../../src/pool/ledger.ts';
import {
  PoolClient,
  PoolEdge,
  type PoolRpc,
  REPORT_WITHIN_MS,
  SNAPSHOT_EVERY_MS,
} from '../../src/pool/pool-client.ts';
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
  readonly calls: {
    readonly method: string;
    readonly reports: readonly Report[];
    readonly heldLengthModel?: number | undefined;
  }[] = [];
  reachable = true;
  readonly #ledger = new Ledger(catalogue, 0);

  async acquire(
    asks: readonly Ask[],
    reports: readonly Report[],
    wantsSnapshot: boolean,
    heldLengthModel?: number,
  ): Promise<Answers> {
    this.#note('acquire', reports, heldLengthModel);
    const places = asks.map((asked) => this.#ledger.place(asked, 0));
    return wantsSnapshot ? { places, snapshot: this.#ledger.snapshot(0, heldLengthModel) } : { places };
  }

  async report(reports: readonly Report[]) {
    this.#note('report', reports);
    return this.#ledger.snapshot(0);
  }

  async snapshot() {
    this.#note('snapshot', []);
    return this.#ledger.snapshot(0);
  }

  #note(method: string, reports: readonly Report[], heldLengthModel?: number): void {
    if (!this.reachable) throw new Error('overloaded');
    this.calls.push({ method, reports, heldLengthModel });
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

  it('leaves a report to the request that already waits to deliver, and waits itself once that one is done', async () => {
    const first = client().report(report('x'));
    expect(client().report(report('y'))).toBeUndefined();
    await vi.runAllTimersAsync();
    await first;
    const second = client().report(report('z'));
    await vi.runAllTimersAsync();
    await second;
    expect(rpc.calls.map(({ reports }) => reports)).toEqual([[report('x'), report('y')], [report('z')]]);
  });

  it('does not rely on a request that promised to deliver and was never heard of again', () => {
    expect(client().report(report('x'))).toBeDefined();
    nowMs = REPORT_WITHIN_MS;
    expect(client().report(report('y'))).toBeDefined();
  });

  it('has a snapshot sent along every few milliseconds, not with every answer', async () => {
    await client().acquire(ask);
    const first = edge.held;
    nowMs = SNAPSHOT_EVERY_MS - 1;
    await client().acquire(ask);
    expect(edge.held).toBe(first);
    nowMs = SNAPSHOT_EVERY_MS;
    await client().acquire(ask);
    expect(edge.held?.snapshot.revision).toBeGreaterThan(first!.snapshot.revision);
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

  it('keeps the length model it holds while the ledger sends no other', async () => {
    await client().snapshot(100);
    const { lengthModel } = edge.held!.snapshot;
    expect(lengthModel).toBeDefined();
    await client().acquire(ask);
    expect(rpc.calls.map(({ heldLengthModel }) => heldLengthModel)).toEqual([
      undefined,
      lengthModel!.revision,
    ]);
    expect(edge.held!.snapshot.revision).toBeGreaterThan(0);
    expect(edge.held!.snapshot.lengthModel).toBe(lengthModel);
  });

  it('asks together with the requests that come while it asks, of which each gets its own place', async () => {
    const asks = ['a', 'b', 'c', 'd'].map((leaseId) => ({ ...ask, leaseId }));
    const places = Promise.all(asks.map((one) => client().acquire(one)));
    client().report(report('x'));
    await vi.runAllTimersAsync();
    expect((await places).map(({ kind }) => kind)).toEqual(['granted', 'granted', 'refused', 'refused']);
    expect(rpc.calls.map(({ reports }) => reports)).toEqual([[], [report('x')]]);
  });

  it('never goes back to an older snapshot', async () => {
    await client().acquire(ask);
    const newest = edge.held!.snapshot;
    edge.offer({ ...newest, revision: newest.revision - 1 }, 5);
    expect(edge.held!.snapshot).toBe(newest);
  });
});
