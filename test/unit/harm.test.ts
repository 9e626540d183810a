import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/platform/random.ts';
import { harmsOf } from '../../src/routing/harm.ts';
import { type Observation, observe } from '../../src/routing/observation.ts';
import { observation, randomObservation, request, snapshot } from '../support/observations.ts';
import { catalogue } from '../support/small-catalogue.ts';

const [large, small, short] = [0, 1, 2];

describe('harm', () => {
  it('is none where nobody is in flight', () => {
    expect(harmsOf(observation())).toEqual([0, 0, 0]);
  });

  it('is never negative, and never more than all that those in flight are worth', () => {
    const random = seededRandom(31);
    for (let round = 0; round < 300; round += 1) {
      const seen = randomObservation(random);
      for (const [index, harm] of harmsOf(seen).entries()) {
        const { endpoint } = seen.actions[index]!;
        const worth = seen.actions
          .filter((other) => other.endpoint === endpoint)
          .reduce(
            (sum, other) => sum + other.quality * (other.load.inFlightByVariant[other.variant.id] ?? 0),
            0,
          );
        expect(harm).toBeGreaterThanOrEqual(0);
        expect(harm).toBeLessThanOrEqual(worth / endpoint.replicas + 1e-9);
      }
    }
  });

  it('grows as those in flight come near their deadline', () => {
    const tight = (tpotMs: number) => harmsOf(observation({ big: 2 }, { slo: { tpotMs } }))[large]!;
    expect(tight(45)).toBeGreaterThan(tight(80));
    expect(tight(80)).toBeGreaterThan(tight(400));
  });

  it('grows with the prompt that has to be read beside them', () => {
    const reading = (promptTokens: number) =>
      harmsOf(observation({ big: 2 }, { slo: { tpotMs: 60 }, promptTokens }))[large]!;
    expect(reading(4_000)).toBeGreaterThan(1.5 * reading(100));
  });

  it('is done to the other variants of the endpoint too, and to nobody elsewhere', () => {
    const seen = observation({ fast: 6 }, { slo: { tpotMs: 8 } });
    const harms = harmsOf(seen);
    expect(harms[small]).toBeGreaterThan(0);
    expect(harms[short]).toBeGreaterThan(0);
    expect(harms[large]).toBe(0);
  });

  it('is that of one replica, however many there are', () => {
    const pool = snapshot({ fast: 4 });
    const slo = { tpotMs: 8 };
    const seen = observe(catalogue, pool, request({ slo }), { snapshotAgeMs: 0, elapsedMs: 0 });
    const twice: Observation = observe(
      {
        ...catalogue,
        endpoints: catalogue.endpoints.map((endpoint) => ({ ...endpoint, replicas: 2 * endpoint.replicas })),
      },
      snapshot({ fast: 8 }),
      request({ slo }),
      { snapshotAgeMs: 0, elapsedMs: 0 },
    );
    expect(harmsOf(twice)[small]).toBeCloseTo(harmsOf(seen)[small]!, 9);
  });
});
