import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../policy/arena/event-queue.ts';
import { seededRandom } from '../../src/platform/random.ts';

describe('EventQueue', () => {
  it('lets events happen by time, then in the order they were scheduled in', () => {
    const random = seededRandom(1);
    const queue = new EventQueue();
    const expected = Array.from({ length: 2_000 }, (_, sequence) => ({
      atMs: Math.floor(random() * 50),
      sequence,
    }));
    const happened: typeof expected = [];
    for (const event of expected) queue.schedule(event.atMs, () => happened.push(event));
    while (queue.nextMs < Infinity) queue.next();
    expect(happened).toEqual(expected.toSorted((a, b) => a.atMs - b.atMs || a.sequence - b.sequence));
  });
});
