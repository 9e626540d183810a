import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../src/platform/random.ts';
import { type CatalogueInput, catalogueSchema } from '../../src/routing/catalogue.ts';
import { layoutOf } from '../../src/routing/layout.ts';
import { features, featuresOf, LIMIT, TERMS, termsOf } from '../../src/routing/learned/features.ts';
import { viewPool } from '../../src/routing/learned/pool-view.ts';
import type { Linear } from '../../src/routing/linear.ts';
import { OBSERVATION_VERSION, type Observation, observe } from '../../src/routing/observation.ts';
import type { PoolSnapshot } from '../../src/routing/snapshot.ts';
import { observation, randomObservation, request, snapshot } from '../support/observations.ts';
import { catalogue, smallCatalogue } from '../support/small-catalogue.ts';

const column = (name: string) => {
  const at = features.findIndex((feature) => feature.name === name);
  if (at < 0) throw new Error(`no feature "${name}"`);
  return at;
};
/** A feature's value per action, before it was scaled. */
const unscaled = (seen: Observation, name: string) => {
  const { centre, scale } = features[column(name)]!;
  const matrix = featuresOf(viewPool(seen));
  return seen.actions.map((_, row) => matrix[row * features.length + column(name)]! * scale + centre);
};

describe('features', () => {
  it('are a row per action and a column per feature, finite and bounded in whatever state the pool is', () => {
    const random = seededRandom(21);
    for (let round = 0; round < 300; round += 1) {
      const seen = randomObservation(random);
      const matrix = featuresOf(viewPool(seen));
      expect(matrix).toHaveLength(seen.actions.length * features.length);
      for (const value of matrix) expect(Math.abs(value)).toBeLessThanOrEqual(LIMIT);
      const terms = termsOf(viewPool(seen));
      expect(terms).toHaveLength(seen.actions.length * TERMS);
      for (const value of terms) expect(value).toSatisfy(Number.isFinite);
    }
  });

  it('mean what the shipped network was trained on', () => {
    const random = seededRandom(23);
    const seen = Array.from({ length: 50 }, () => randomObservation(random));
    const numbers = seen
      .flatMap((one) => [...featuresOf(viewPool(one)), ...termsOf(viewPool(one))])
      .map((value) => value.toFixed(3));
    const digest = createHash('sha256').update(numbers.join()).digest('hex').slice(0, 16);
    // Another digest is another observation: raise the version, so that old networks are refused, and train anew. Only a
    // charge that is dropped, as that for a place on an idle replica was, leaves them as good as before.
    expect({ version: OBSERVATION_VERSION, digest }).toEqual({ version: 3, digest: '23bb7cfb2478b5a9' });
  });

  it('charge nothing for a place where a replica stands idle', () => {
    const random = seededRandom(26);
    const costs = Array.from({ length: 50 }, () => randomObservation(random)).flatMap((seen) => {
      const terms = termsOf(viewPool(seen));
      return seen.actions.map(({ load, endpoint }, row) => ({
        isIdle: load.inFlight < endpoint.replicas,
        cost: terms[row * TERMS + 2]!,
      }));
    });
    expect(costs.filter(({ isIdle }) => isIdle).every(({ cost }) => cost === 0)).toBe(true);
    expect(costs.filter(({ isIdle }) => !isIdle).every(({ cost }) => cost > 0)).toBe(true);
    expect(new Set(costs.map(({ isIdle }) => isIdle)).size).toBe(2);
  });

  it('have names of their own', () => {
    expect(new Set(features.map(({ name }) => name)).size).toBe(features.length);
  });

  it('are the same for a fleet that is slower throughout and promises in proportion', () => {
    const random = seededRandom(22);
    for (let round = 0; round < 100; round += 1) {
      const [quick, slow] = atTwoSpeeds(random, 7);
      const [matrix, other] = [featuresOf(viewPool(quick)), featuresOf(viewPool(slow))];
      for (const [cell, value] of matrix.entries()) {
        const { name } = features[cell % features.length]!;
        // Rates and ages are told from 0 by an amount of their own, which weighs more where they are small.
        const digits = /demand|trend|staleness/.test(name) ? 1 : 4;
        expect(other[cell], name).toBeCloseTo(value, digits);
      }
    }
  });

  it('count places up to the pace the deadline allows', () => {
    // 60 ms per token less 30 alone leaves room for 6 others at 5 ms each, but the endpoint holds 2 at most.
    expect(Math.exp(unscaled(observation(), 'places')[0]!)).toBeCloseTo(2, 4);
    const [, small] = unscaled(observation(), 'places');
    expect(Math.exp(small!)).toBeCloseTo(4, 4);
  });

  it('tell how full an endpoint is by the places it has', () => {
    expect(Math.exp(unscaled(observation({ fast: 4 }), 'fill')[1]!)).toBeCloseTo(4 / 8, 4);
  });

  it('measure demand against what is better, an endpoint counted once', () => {
    const busy = { ...snapshot({}), arrivals: { fastPerSecond: 10, slowPerSecond: 10 } };
    const seen = observe(catalogue, busy, request(), { snapshotAgeMs: 0, elapsedMs: 0 });
    const [asGoodAsLarge, asGoodAsSmall, asGoodAsShort] = unscaled(seen, 'demand on as good');
    const [, betterThanSmall, betterThanShort] = unscaled(seen, 'demand on better');
    expect(betterThanSmall).toBeCloseTo(asGoodAsLarge!, 4);
    expect(betterThanShort).toBeCloseTo(asGoodAsSmall!, 4);
    // The short variant carries more on the same endpoint, so the endpoint now counts with that.
    expect(asGoodAsShort).toBeLessThan(asGoodAsSmall!);
  });

  it('leave what is masked out of the best that may be chosen', () => {
    const [, small] = unscaled(observation({}, { pinned: new Set(['small']) }), 'quality');
    expect(small).toBeCloseTo(1, 5);
  });
});

describe('layout', () => {
  it('sends large models to one end of a row of shared endpoints and small ones to the other', () => {
    const shared = catalogueSchema.parse(sharedGpus(3));
    expect(layoutOf(shared).side).toEqual([-1, 1, 0, -0, 1, -1].map((side) => expect.closeTo(side)));
    expect(layoutOf(shared).onEndpoint[2]).toEqual([2, 3]);
  });

  it('orders the variants by their quality on each task', () => {
    expect(layoutOf(catalogue).ladders.get('code')).toEqual([0, 1, 2]);
  });
});

/** Endpoints that each host the small catalogue's large and small model, the large one first. */
function sharedGpus(count: number): CatalogueInput {
  const [, endpoint] = smallCatalogue.endpoints;
  const [large, small] = smallCatalogue.variants;
  const indexes = Array.from({ length: count }, (_, index) => index);
  return {
    ...smallCatalogue,
    endpoints: indexes.map((index) => ({ ...endpoint!, id: `gpu-${index}` })),
    variants: indexes.flatMap((index) =>
      [large!, small!].map((variant) => ({
        ...variant,
        id: `${variant.id}-${index}`,
        endpoint: `gpu-${index}`,
      })),
    ),
  };
}

/** The same pool twice, the second with all times longer and all rates smaller by a factor. */
function atTwoSpeeds(random: Random, factor: number): [Observation, Observation] {
  const inFlight = { big: Math.floor(random() * 3), fast: Math.floor(random() * 9) };
  const arrivals = { fastPerSecond: 500 + random() * 500, slowPerSecond: 500 + random() * 500 };
  const quick: PoolSnapshot = { ...snapshot(inFlight), arrivals };
  const slow: PoolSnapshot = {
    ...quick,
    arrivals: {
      fastPerSecond: arrivals.fastPerSecond / factor,
      slowPerSecond: arrivals.slowPerSecond / factor,
    },
    services: Object.fromEntries(
      Object.entries(quick.services).map(([id, { ttft, tpot }]) => [
        id,
        { ttft: slower(ttft, factor), tpot: slower(tpot, factor) },
      ]),
    ),
  };
  const slo = { ttftMs: 300 + random() * 2_000, tpotMs: 20 + random() * 80 };
  const age = random() * 10_000;
  const see = (pool: PoolSnapshot, times: number) =>
    observe(catalogue, pool, request({ slo: { ttftMs: slo.ttftMs * times, tpotMs: slo.tpotMs * times } }), {
      snapshotAgeMs: age * times,
      elapsedMs: 0,
    });
  return [see(quick, 1), see(slow, factor)];
}

/** Its first two weights are times; how much other variants stand in the way is none. */
function slower(estimate: Linear, factor: number): Linear {
  return {
    ...estimate,
    weights: estimate.weights.map((weight, index) => (index < 2 ? weight * factor : weight)),
  };
}
