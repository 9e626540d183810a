import { describe, expect, it } from 'vitest';
import { alone, companyOn } from '../../src/routing/company.ts';
import { priorService } from '../../src/routing/service.ts';
import { idleLoad } from '../../src/routing/snapshot.ts';
import { catalogue } from '../support/small-catalogue.ts';

const fast = catalogue.endpoints.find(({ id }) => id === 'fast')!;
const services = Object.fromEntries(catalogue.variants.map((variant) => [variant.id, priorService(variant)]));

/** Six small ones and one short one on two replicas, prompts of 100 tokens and answers of 50. */
const load = {
  ...idleLoad,
  inFlight: 7,
  inFlightByVariant: { small: 6, 'small-short': 1 },
  promptTokensByVariant: { small: 600, 'small-short': 100 },
  tokensInFlight: 700 + 7 * 50,
};

describe('company', () => {
  it('is none on an idle endpoint', () => {
    expect(companyOn(fast, idleLoad, services, 'small')).toEqual(alone);
  });

  it('is the others of the variant on one replica, and their prompts, read over an answer', () => {
    const { others, readingMs } = companyOn(fast, load, services, 'small');
    expect(others).toBe(3);
    // 300 tokens of 0.02 ms on each replica, while 50 tokens are decoded.
    expect(readingMs).toBeCloseTo((300 * 0.02) / 50, 9);
  });

  it('is a turn of each other variant: its step and its reading', () => {
    // 5 ms for a step with one request and 0.5 ms for each further one, 2 of them on each replica.
    expect(companyOn(fast, load, services, 'small-short').turnsMs).toBeCloseTo(6 + (300 * 0.02) / 50, 9);
    // One on two replicas is in the way half of the time.
    expect(companyOn(fast, load, services, 'small').turnsMs).toBeCloseTo(2.5 + (50 * 0.02) / 50, 9);
  });
});
