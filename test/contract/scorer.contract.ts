import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/platform/random.ts';
import { rank } from '../../src/routing/rank.ts';
import type { Scorer } from '../../src/routing/scorer.ts';
import { randomObservation } from '../support/observations.ts';

/** What every scorer promises, whatever it optimises. */
export function describeScorer(name: string, create: () => Scorer): void {
  describe(`scorer contract: ${name}`, () => {
    it('gives one number per action, never NaN, whatever the state of the pool', async () => {
      const scorer = create();
      const random = seededRandom(11);
      for (let round = 0; round < 300; round++) {
        const observation = randomObservation(random);
        const scores = await scorer.score(observation);
        expect(scores.length).toBe(observation.actions.length);
        for (let index = 0; index < scores.length; index++) expect(scores[index]).not.toBeNaN();
      }
    });

    it('always leaves somebody to serve a request that pins an open variant', async () => {
      const scorer = create();
      const random = seededRandom(12);
      let ranked = 0;
      for (let round = 0; round < 200; round++) {
        const observation = randomObservation(random);
        const open = observation.actions.filter(({ masked }) => masked === undefined);
        const ranking = rank(observation, await scorer.score(observation), random);
        if (observation.request.pinned !== undefined) expect(ranking).toHaveLength(open.length);
        ranked += ranking.length;
      }
      expect(ranked).toBeGreaterThan(0);
    });

    it('changes nothing of what it sees', async () => {
      const observation = randomObservation(seededRandom(13));
      const before = structuredClone(observation);
      await create().score(observation);
      expect(observation).toEqual(before);
    });

    it('has the name it is configured by', () => {
      expect(create().name).toBe(name);
    });
  });
}
