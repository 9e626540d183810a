import { describe, expect, it } from 'vitest';
import { EventQueue, rankOf } from '../../policy/arena/event-queue.ts';
import { seededRandom } from '../../src/platform/random.ts';

describe('EventQueue', () => {
  it('lets events happen by time, then rank, then the order they were scheduled in', () => {
    const random = seededRandom(1);
    const queue = new EventQueue();
    const expected = Array.from({ length: 2_000 }, (_, sequence) => ({
      atMs: Math.floor(random() * 50),
      rank: random() < 0.5 ? rankOf.message : rankOf.arrival,
      sequence,
    }));
    const happened: typeof expected = [];
    for (const event of expected) queue.schedule(event.atMs, event.rank, () => happened.push(event));
    while (queue.nextMs < Infinity) queue.next();
    expect(happened).toEqual(
      expected.toSorted((a, b) => a.atMs - b.atMs || a.rank - b.rank || a.sequence - b.sequence),
    );
  });
});
