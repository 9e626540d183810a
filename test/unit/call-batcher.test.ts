import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CallBatcher } from '../../src/platform/call-batcher.ts';

const gatherMs = 5;
const patienceMs = 100;

/** One call that has left. */
interface Call {
  readonly items: readonly string[];
  answer(): void;
  fail(): void;
}

describe('CallBatcher', () => {
  let batcher: CallBatcher<string, string>;
  let calls: Call[];

  const send = (items: readonly string[]) =>
    new Promise<readonly string[]>((resolve, reject) => {
      calls.push({
        items,
        answer: () => resolve(items.map((item) => `${item}!`)),
        fail: () => reject(new Error(`no ${items.join('')}`)),
      });
    });
  const ask = (item: string) => batcher.call(item, send);
  const sent = () => calls.map(({ items }) => items.join(''));
  const settle = () => vi.advanceTimersByTimeAsync(0);

  beforeEach(() => {
    vi.useFakeTimers();
    calls = [];
    batcher = new CallBatcher({ gatherMs, patienceMs });
  });
  afterEach(() => {
    expect(vi.getTimerCount(), 'timers left behind').toBe(0);
    vi.useRealTimers();
  });

  /** A call under way, and three items that go together next. */
  async function leaderAndFollowers() {
    const first = ask('a');
    const others = ['b', 'c', 'd'].map(ask);
    calls[0]!.answer();
    expect(await first).toBe('a!');
    await settle();
    expect(sent()).toEqual(['a', 'bcd']);
    return others;
  }

  it('sends at once while nothing is under way, each by itself', async () => {
    for (const item of ['a', 'b']) {
      const result = ask(item);
      calls.at(-1)!.answer();
      expect(await result).toBe(`${item}!`);
    }
    expect(sent()).toEqual(['a', 'b']);
  });

  it('sends what came meanwhile together, in the order it came, and gives everybody their own', async () => {
    const others = await leaderAndFollowers();
    calls[1]!.answer();
    expect(await Promise.all(others)).toEqual(['b!', 'c!', 'd!']);
    expect(calls).toHaveLength(2);
  });

  it('waits for a call that does not come back only so long', async () => {
    const first = ask('a');
    const others = ['b', 'c'].map(ask);
    await vi.advanceTimersByTimeAsync(gatherMs - 1);
    expect(sent()).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(1);
    expect(sent()).toEqual(['a', 'bc']);
    for (const { answer } of calls) answer();
    expect(await Promise.all([first, ...others])).toEqual(['a!', 'b!', 'c!']);
  });

  it('lets a call that comes back late hurry nobody who waits for a later one', async () => {
    const first = ask('a');
    const second = ask('b');
    await vi.advanceTimersByTimeAsync(gatherMs);
    const third = ask('c');
    calls[0]!.answer();
    await first;
    await settle();
    expect(sent()).toEqual(['a', 'b']);
    calls[1]!.answer();
    await second;
    await settle();
    expect(sent()).toEqual(['a', 'b', 'c']);
    calls[2]!.answer();
    expect(await third).toBe('c!');
  });

  it('lets nobody pay for another: when the call for all fails, each makes its own', async () => {
    const others = await leaderAndFollowers();
    const outcomes = Promise.allSettled(others);
    calls[1]!.fail();
    await settle();
    expect(sent().toSorted()).toEqual(['a', 'b', 'bcd', 'c', 'd']);
    for (const call of calls.slice(2)) if (call.items[0] === 'c') call.fail();
    for (const call of calls.slice(2)) call.answer();
    expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('makes a call that was nobody else’s only once', async () => {
    const failed = expect(ask('a')).rejects.toThrow('no a');
    calls[0]!.fail();
    await failed;
    expect(sent()).toEqual(['a']);
  });

  it('does not wait for ever for an answer to the call for all', async () => {
    const [, ...others] = await leaderAndFollowers();
    await vi.advanceTimersByTimeAsync(patienceMs);
    expect(sent()).toEqual(['a', 'bcd', 'c', 'd']);
    for (const call of calls.slice(2)) call.answer();
    expect(await Promise.all(others)).toEqual(['c!', 'd!']);
  });

  it('goes on without a leader that was never heard of again', async () => {
    ask('a');
    // Its request ended while it waited to make the call: its timer never fires.
    vi.spyOn(globalThis, 'setTimeout').mockReturnValueOnce(0 as unknown as NodeJS.Timeout);
    ask('lost');
    const follower = ask('b');
    await vi.advanceTimersByTimeAsync(patienceMs);
    calls.at(-1)!.answer();
    expect(await follower).toBe('b!');
    const next = ask('c');
    await vi.advanceTimersByTimeAsync(gatherMs);
    calls.at(-1)!.answer();
    expect(await next).toBe('c!');
    expect(sent()).toEqual(['a', 'b', 'c']);
  });
});
