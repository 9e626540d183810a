import { expect, it } from 'vitest';
import { Deque } from '../../policy/simulator/deque.ts';
import { seededRandom } from '../../src/platform/random.ts';

it('a deque behaves as an array does, through thousands of moves', () => {
  const random = seededRandom(5);
  const deque = new Deque<number>();
  const plain: number[] = [];
  let longest = 0;
  for (let move = 0; move < 20_000; move += 1) {
    const draw = random();
    const filling = Math.floor(move / 2_000) % 2 === 0;
    if (draw < (filling ? 0.6 : 0.2)) {
      deque.push(move);
      plain.push(move);
    } else if (draw < (filling ? 0.65 : 0.25)) {
      deque.unshift(move);
      plain.unshift(move);
    } else if (draw < 0.7) {
      const item = plain[Math.floor(random() * plain.length)] ?? -1;
      expect(deque.remove(item)).toBe(plain.includes(item));
      if (plain.includes(item)) plain.splice(plain.indexOf(item), 1);
    } else {
      deque.dropFirst();
      plain.shift();
    }
    longest = Math.max(longest, plain.length);
    expect(deque.first).toBe(plain[0]);
    expect(deque.length).toBe(plain.length);
  }
  expect(longest).toBeGreaterThan(200);
});
