import { describe, expect, test } from 'vitest';
import { intervalOf, studentQuantile } from '../../policy/report/statistics.ts';

describe('Student’s t', () => {
  // Tables of the t distribution, for instance NIST/SEMATECH e-Handbook 1.3.6.7.2.
  test.each([
    [0.975, 1, 12.706],
    [0.975, 2, 4.303],
    [0.975, 3, 3.182],
    [0.975, 9, 2.262],
    [0.975, 10, 2.228],
    [0.975, 29, 2.045],
    [0.975, 100, 1.984],
    [0.95, 1, 6.314],
    [0.95, 4, 2.132],
    [0.9, 7, 1.415],
    [0.999, 5, 5.893],
  ])('stays below its %s quantile with %i degrees of freedom: %d', (p, degrees, value) => {
    expect(studentQuantile(p, degrees)).toBeCloseTo(value, 3);
  });

  test('half of it is below 0, and with many degrees it is the normal law', () => {
    expect(studentQuantile(0.5, 6)).toBeCloseTo(0, 12);
    expect(studentQuantile(0.975, 100_000)).toBeCloseTo(1.95998, 4);
  });

  test.each([
    [0.4, 3],
    [1, 3],
    [Number.NaN, 3],
    [0.9, 0],
    [0.9, 2.5],
  ])('has no %d quantile with %d degrees of freedom', (p, degrees) => {
    expect(() => studentQuantile(p, degrees)).toThrow(RangeError);
  });
});

describe('the interval of a mean', () => {
  test('by hand: 1, 2, 3 have standard error 1/√3', () => {
    const reach = 4.302652729749 / Math.sqrt(3);
    expect(intervalOf([1, 2, 3])).toEqual({
      mean: 2,
      low: expect.closeTo(2 - reach, 9),
      high: expect.closeTo(2 + reach, 9),
    });
  });

  test('equal values leave no doubt, one value tells nothing, none are an error', () => {
    expect(intervalOf([0.5, 0.5])).toEqual({ mean: 0.5, low: 0.5, high: 0.5 });
    expect(intervalOf([0.7])).toEqual({ mean: 0.7, low: null, high: null });
    expect(() => intervalOf([])).toThrow(RangeError);
  });
});
