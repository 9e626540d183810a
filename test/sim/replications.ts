import { expect } from 'vitest';

/** As many runs as every estimate is made from. */
export const seeds: readonly number[] = Array.from({ length: 16 }, (_, index) => 1_000 + 7 * index);

/**
 * How far from the truth a mean of runs may be, in its standard errors, which are taken from the runs' own scatter. For
 * 16 runs (Student's t with 15 degrees of freedom) a right simulator is further off for one choice of seeds in six
 * thousand; the seeds are fixed, so a test that passes keeps passing until the simulator changes.
 */
const allowedErrors = 5;

/** A mean over independent runs, one value of each, and its standard error. */
export class Estimate {
  readonly mean: number;
  readonly standardError: number;

  constructor(values: readonly number[]) {
    const sum = values.reduce((total, value) => total + value, 0);
    this.mean = sum / values.length;
    const squares = values.reduce((total, value) => total + (value - this.mean) ** 2, 0);
    this.standardError = Math.sqrt(squares / (values.length - 1) / values.length);
  }

  /** Whether chance may explain that the truth lies between `low` and `high`. */
  agreesWith(low: number, high: number = low): boolean {
    const allowed = allowedErrors * this.standardError;
    return this.mean >= low - allowed && this.mean <= high + allowed;
  }
}

/** One value of each seed's run. */
export function estimate(run: (seed: number) => number): Estimate {
  return new Estimate(seeds.map(run));
}

/** Fails with the figures when an estimate does not agree with what theory says. */
export function expectAgreement(what: string, found: Estimate, low: number, high: number = low): void {
  const { mean, standardError } = found;
  const told = `${what}: ${mean} ± ${standardError}, theory ${low === high ? low : `${low} to ${high}`}`;
  expect(found.agreesWith(low, high), told).toBe(true);
}

/** Fails when the runs scatter so much that they could not tell `right` from `wrong`. */
export function expectPower(what: string, found: Estimate, right: number, wrong: number): void {
  const needed = Math.abs(right - wrong) / (2 * allowedErrors);
  expect(found.standardError, `${what}: too few runs to tell ${right} from ${wrong}`).toBeLessThan(needed);
}
