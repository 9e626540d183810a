import type { SyncScorer } from '../scorer.ts';

/** One variant for everything that is not pinned elsewhere, whatever the load: a gateway without routing. */
export function staticVariant(variant: string): SyncScorer {
  return {
    name: 'static',
    score: ({ actions, request }) =>
      actions.map((action) =>
        action.variant.id === variant || request.pinned !== undefined ? 0 : -Infinity,
      ),
  };
}
