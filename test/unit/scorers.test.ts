import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/platform/random.ts';
import {
  requestClasses,
  type ScorerConfig,
  type ScorerInput,
  scorerSchema,
} from '../../src/routing/catalogue.ts';
import { createScorer } from '../../src/routing/create-scorer.ts';
import { observe } from '../../src/routing/observation.ts';
import { rank } from '../../src/routing/rank.ts';
import { describeScorer } from '../contract/scorer.contract.ts';
import { observation, request, snapshot } from '../support/observations.ts';
import { catalogue } from '../support/small-catalogue.ts';

const configure = (config: ScorerInput): ScorerConfig => scorerSchema.parse(config);
const create = (config: ScorerInput) => createScorer(configure(config), seededRandom(1));

const kinds: ScorerInput[] = [
  { kind: 'least-in-flight' },
  { kind: 'power-of-two' },
  { kind: 'static', variant: 'large' },
  { kind: 'in-flight-caps', caps: { large: 1 } },
  { kind: 'largest-on-time' },
  { kind: 'shadow-price' },
];
for (const config of kinds) describeScorer(config.kind, () => create(config));

const first = (config: ScorerInput, ...seen: Parameters<typeof observation>) => {
  const view = observation(...seen);
  return rank(view, create(config).score(view), seededRandom(2))[0]?.action.variant.id;
};

describe('least-in-flight', () => {
  it('takes the endpoint with the smallest share of its places taken', () => {
    expect(first({ kind: 'least-in-flight' }, { big: 1, fast: 3 })).toMatch(/^small/);
    expect(first({ kind: 'least-in-flight' }, { big: 0, fast: 3 })).toBe('large');
  });
});

describe('power-of-two', () => {
  it('prefers the emptier of any two, so the fullest endpoint comes first only when drawn twice', () => {
    const scorer = create({ kind: 'power-of-two' });
    const view = observation({ big: 2, fast: 0 });
    const firsts = Array.from(
      { length: 300 },
      () => rank(view, scorer.score(view), seededRandom(3))[0]?.action.variant.id,
    );
    // Three actions, two of them on the idle endpoint: every pair holds one of those.
    expect(firsts).not.toContain('large');
    expect(new Set(firsts)).toEqual(new Set(['small', 'small-short']));
  });
});

describe('static', () => {
  it('serves one variant only, unless the client pinned another', () => {
    const config = { kind: 'static', variant: 'large' } as const;
    const view = observation({ big: 2, fast: 0 });
    expect(
      rank(view, create(config).score(view), seededRandom(1)).map(({ action }) => action.variant.id),
    ).toEqual(['large']);
    expect(first(config, {}, { pinned: new Set(['small']) })).toBe('small');
  });
});

describe('in-flight-caps', () => {
  it('takes the best variant below its cap, and the one furthest below when all are at theirs', () => {
    const config = { kind: 'in-flight-caps', caps: { large: 1, small: 1, 'small-short': 2 } } as const;
    expect(first(config, { big: 0, fast: 0 })).toBe('large');
    expect(first(config, { big: 1, fast: 0 })).toBe('small');
    expect(first(config, { big: 1, fast: 3 })).toBe('small-short');
    expect(first(config, { big: 2, fast: 5 })).toBe('small-short');
  });
});

describe('largest-on-time', () => {
  it('steps down to the best variant that keeps the deadline, and to the likeliest when none does', () => {
    expect(first({ kind: 'largest-on-time' })).toBe('large');
    expect(first({ kind: 'largest-on-time' }, {}, { slo: { ttftMs: 120 } })).toBe('small');
    expect(first({ kind: 'largest-on-time' }, {}, { slo: { ttftMs: 5 } })).toMatch(/^small/);
  });
});

describe('shadow-price', () => {
  it('gives up the best variant before it is full: a place is worth more the fewer are left', () => {
    expect(first({ kind: 'shadow-price' }, { big: 0 })).toBe('large');
    expect(first({ kind: 'shadow-price', alpha: 2, beta: 2 }, { big: 1 })).toBe('small');
    expect(first({ kind: 'shadow-price', alpha: 0, beta: 2 }, { big: 1 })).toBe('large');
  });

  it('asks more of a long request than of a short one', () => {
    const score = (outputTokens: number) => {
      const view = observation({ big: 1 }, { maxOutputTokens: outputTokens });
      return create({ kind: 'shadow-price', alpha: 1 }).score(view)[0]!;
    };
    expect(score(20)).toBeGreaterThan(score(90));
  });

  it('takes alpha and beta of single variants', () => {
    const perVariant = { large: { alpha: 9, beta: 1 } };
    expect(first({ kind: 'shadow-price', perVariant }, { big: 1 })).toBe('small');
  });

  it('lets a batch request leave the best variant first and an interactive one last', () => {
    const choices = (inFlight: number, scorer: ScorerInput) =>
      requestClasses.map((requestClass) =>
        first(scorer, { big: inFlight }, { slo: {}, class: requestClass }),
      );
    const scorer: ScorerInput = { kind: 'shadow-price', alpha: 0.45, beta: 1 };
    expect(choices(0, scorer)).toEqual(['large', 'large', 'large']);
    expect(choices(1, scorer)).toEqual(['large', 'large', 'small']);
    expect(choices(2, scorer)).toEqual(['large', 'small', 'small']);
    const alike: ScorerInput = { ...scorer, pricePerClass: { interactive: 1, batch: 1 } };
    expect(choices(2, alike)).toEqual(['small', 'small', 'small']);
  });

  const prices = { alpha: 0.5, beta: 4 };
  const withPlaces = (large: number, small: number): ScorerInput => ({
    kind: 'shadow-price',
    perVariant: { large: { ...prices, places: large }, small: { ...prices, places: small } },
  });

  it("counts the endpoint's own places for a variant that has none of its own", () => {
    for (const inFlight of [{}, { big: 1, fast: 3 }, { big: 2, fast: 8 }]) {
      const view = observation(inFlight);
      const own = create({ kind: 'shadow-price', ...prices }).score(view);
      // The big endpoint is one replica of two places, the fast one two of four.
      expect(create(withPlaces(2, 4)).score(view)).toEqual(own);
      expect(create({ kind: 'shadow-price', perVariant: { large: prices } }).score(view)).toEqual(own);
    }
  });

  it('leaves a variant sooner that has fewer places, while the ledger would still grant one', () => {
    expect(first(withPlaces(2, 4), { big: 1 })).toBe('large');
    expect(first(withPlaces(0.9, 4), { big: 1 })).toBe('small');
  });
});

describe('rank', () => {
  it('drops masked actions and vetoes, and breaks ties at random', () => {
    const view = observe(catalogue, snapshot({}), request({ needs: new Set(['tools']) }), {
      snapshotAgeMs: 0,
      elapsedMs: 0,
    });
    const firsts = new Set<string | undefined>();
    const random = seededRandom(5);
    for (let index = 0; index < 50; index++) {
      const ranking = rank(view, [1, 1, 9], random);
      expect(ranking).toHaveLength(2);
      firsts.add(ranking[0]?.action.variant.id);
    }
    expect(firsts).toEqual(new Set(['large', 'small']));
    expect(rank(view, [-Infinity, 0, 0], random).map(({ action }) => action.variant.id)).toEqual(['small']);
  });

  it('refuses a scorer that returns NaN or too few scores', () => {
    expect(() => rank(observation(), [1, Number.NaN, 0], seededRandom(1))).toThrow('NaN for small');
    expect(() => rank(observation(), [1], seededRandom(1))).toThrow('1 scores for 3 actions');
  });
});
