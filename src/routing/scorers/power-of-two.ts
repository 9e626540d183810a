import type { Random } from '../../platform/random.ts';
import type { SyncScorer } from '../scorer.ts';

/**
 * Two actions drawn at random, the one with fewer requests in flight first: near-least load without the herd that
 * stale snapshots send to the emptiest endpoint (Mitzenmacher 2001). The others follow in random order.
 */
export function powerOfTwo(random: Random): SyncScorer {
  return {
    name: 'power-of-two',
    score: ({ actions }) => {
      const scores = actions.map(() => -1 - random());
      const open = actions.flatMap((action, index) => (action.masked === undefined ? [index] : []));
      const first = takeOne(open, random);
      const second = takeOne(open, random);
      for (const index of [first, second])
        if (index !== undefined) scores[index] = -Math.min(actions[index]!.occupancy, 1);
      return scores;
    },
  };
}

function takeOne(indices: number[], random: Random): number | undefined {
  return indices.splice(Math.floor(random() * indices.length), 1)[0];
}
