import { describe, expect, it } from 'vitest';
import { CalendarBudget } from '../../src/access/calendar-budget.ts';
import { SlidingWindow } from '../../src/access/sliding-window.ts';
import { Usage } from '../../src/access/usage.ts';
import { seededRandom } from '../../src/platform/random.ts';

const noon = Date.UTC(2026, 10, 21, 12);

describe('SlidingWindow', () => {
  it('never lets more than the limit into any minute, and hardly less, however requests arrive', () => {
    for (const seed of [1, 2, 3]) {
      const random = seededRandom(seed);
      const window = new SlidingWindow(500);
      const taken: number[] = [];
      for (let nowMs = noon; nowMs < noon + 600_000; nowMs += -Math.log(random()) * 20) {
        if (window.waitMs(1, nowMs) > 0) continue;
        window.take(1, nowMs);
        taken.push(nowMs);
      }
      for (const [index, firstMs] of taken.entries())
        expect(taken[index + 500] ?? Infinity).toBeGreaterThanOrEqual(firstMs + 60_000);
      const inTheLastNineMinutes = taken.filter((timeMs) => timeMs >= noon + 60_000).length;
      expect(inTheLastNineMinutes).toBeGreaterThan(0.99 * 9 * 500);
    }
  });

  it('says when there is room again, and there is then and not before', () => {
    const window = new SlidingWindow(10);
    window.take(6, noon);
    window.take(4, noon + 10_000);
    expect(window.waitMs(11, noon + 20_000)).toBe(Infinity);
    for (const amount of [1, 6, 7, 10]) {
      const waitMs = window.waitMs(amount, noon + 20_000);
      const before = new SlidingWindow(10, window.save());
      expect(before.waitMs(amount, noon + 20_000 + waitMs - 1)).toBe(1);
      expect(before.waitMs(amount, noon + 20_000 + waitMs)).toBe(0);
    }
  });

  it('takes back what was taken too much, unless that counts no more', () => {
    const window = new SlidingWindow(100);
    window.take(80, noon);
    window.take(10, noon + 30_000);
    window.correct(-70, noon);
    expect(window.taken(noon + 30_000)).toBe(20);
    expect(window.taken(noon + 61_000)).toBe(10);
    window.correct(-5, noon);
    expect(window.taken(noon + 61_000)).toBe(10);
    expect(window.taken(noon + 120_000)).toBe(0);
  });

  it('goes on after it was saved', () => {
    const window = new SlidingWindow(10);
    window.take(7, noon);
    const restored = new SlidingWindow(10, structuredClone(window.save()));
    expect([restored.taken(noon + 1), restored.waitMs(4, noon + 1)]).toEqual([7, window.waitMs(4, noon + 1)]);
  });
});

describe('CalendarBudget', () => {
  it('begins anew at midnight and on the first of the month, UTC', () => {
    const [day, month] = [new CalendarBudget('day', 10), new CalendarBudget('month', 10)];
    for (const budget of [day, month]) budget.take(10, noon);
    expect(day.waitMs(1, noon)).toBe(12 * 3_600_000);
    expect(month.waitMs(1, noon)).toBe(Date.UTC(2026, 11, 1) - noon);
    expect([day.taken(noon + 12 * 3_600_000), month.taken(noon + 12 * 3_600_000)]).toEqual([0, 10]);
    expect(month.taken(Date.UTC(2026, 11, 1))).toBe(0);
  });

  it('corrects what was taken in its present period only, and is not given twice by a clock that steps back', () => {
    const budget = new CalendarBudget('day', 100);
    budget.take(50, noon);
    budget.correct(-20, noon);
    expect(budget.taken(noon)).toBe(30);
    const tomorrow = noon + 86_400_000;
    budget.take(10, tomorrow);
    budget.correct(-20, noon);
    expect(budget.taken(tomorrow)).toBe(10);
    expect(budget.taken(noon)).toBe(10);
  });
});

describe('Usage', () => {
  const limits = { requestsPerMinute: 5, tokensPerMinute: 1_000, tokensPerDay: 1_500 };

  it('reserves, gives back what was not taken, and counts what was taken beyond', () => {
    const usage = new Usage(limits);
    usage.admit('a', 900, noon);
    expect(usage.refusal(200, noon)).toMatchObject({
      limit: 'tokensPerMinute',
      usedUp: false,
      retryAfterMs: 1_000,
    });
    usage.settle('a', 100);
    expect(usage.refusal(900, noon)).toBeUndefined();
    usage.admit('b', 100, noon);
    usage.settle('b', 950);
    expect(usage.summary(noon)).toMatchObject({ tokensToday: 1_050, tokensLastMinute: 1_050 });
    expect(usage.refusal(1, noon)).toMatchObject({ limit: 'tokensPerMinute', usedUp: true });
  });

  it('settles once', () => {
    const usage = new Usage(limits);
    usage.admit('a', 900, noon);
    usage.settle('a', 100);
    usage.settle('a', 100);
    usage.settle('never-admitted', 7);
    expect(usage.summary(noon).tokensToday).toBe(100);
  });

  it.each([undefined, Number.NaN, Infinity, -5])(
    'takes %s for no count, and charges what was reserved',
    (tokens) => {
      const usage = new Usage(limits);
      usage.admit('a', 900, noon);
      usage.settle('a', tokens);
      expect(usage.summary(noon).tokensToday).toBe(900);
      expect(usage.refusal(700, noon)).toMatchObject({ usedUp: true });
    },
  );

  it('names the limit that stands longest', () => {
    const usage = new Usage(limits);
    for (const id of ['a', 'b', 'c', 'd', 'e']) usage.admit(id, 200, noon);
    for (const id of ['a', 'b', 'c', 'd', 'e']) usage.settle(id, 200);
    expect(usage.refusal(600, noon)).toEqual({
      limit: 'tokensPerDay',
      usedUp: true,
      retryAfterMs: 12 * 3_600_000,
    });
    expect(usage.refusal(1, noon)?.limit).toBe('requestsPerMinute');
  });

  it('forgets a reservation nobody settles, and keeps what it reserved', () => {
    const usage = new Usage({ tokensPerDay: 1_000 });
    usage.admit('lost', 900, noon);
    expect(usage.refusal(500, noon)).toMatchObject({ usedUp: false });
    expect(usage.refusal(500, noon + 600_000)).toMatchObject({ usedUp: true });
    expect(usage.summary(noon + 600_000).tokensToday).toBe(900);
  });

  it('goes on after it was saved, reservations included', () => {
    const usage = new Usage(limits);
    usage.admit('a', 900, noon);
    expect(usage.unsavedShare).toBe(0.9);
    const saved = structuredClone(usage.save());
    expect(usage.unsavedShare).toBe(0);
    const restored = new Usage(limits, saved);
    expect(restored.refusal(200, noon)).toEqual(usage.refusal(200, noon));
    restored.settle('a', 100);
    expect(restored.summary(noon)).toMatchObject({ requestsLastMinute: 1, tokensToday: 100 });
  });
});
