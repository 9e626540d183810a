import type { Catalogue, Variant } from '../../src/routing/catalogue.ts';

/** One model of a fleet, on however many endpoints it runs. */
export interface Rung {
  /** The catalogue's public name of the model. */
  readonly model: string;
  readonly variants: readonly Variant[];
  /** Mean over the catalogue's tasks, 0 to 1. */
  readonly meanQuality: number;
}

/** The models of a catalogue, best first. */
export function ladderOf(catalogue: Catalogue): readonly Rung[] {
  const byModel = new Map<string, Variant[]>();
  for (const variant of catalogue.variants) {
    const twins = byModel.get(variant.model);
    if (twins === undefined) byModel.set(variant.model, [variant]);
    else twins.push(variant);
  }
  const tasks = Object.keys(catalogue.tasks);
  const rungs = [...byModel].map(([model, variants]) => ({
    model,
    variants,
    meanQuality: Math.max(...variants.map((variant) => meanQuality(variant, tasks))),
  }));
  return rungs.sort((a, b) => b.meanQuality - a.meanQuality);
}

export const sizes = ['small', 'medium', 'large'] as const;
export type Size = (typeof sizes)[number];

/**
 * A variant of the model a fleet would call small, medium or large: the worst, the middle one (the better of two) and
 * the best by mean quality.
 */
export function variantOfSize(catalogue: Catalogue, size: Size): Variant {
  const ladder = ladderOf(catalogue);
  const index = { large: 0, medium: Math.floor((ladder.length - 1) / 2), small: ladder.length - 1 }[size];
  return ladder[index]!.variants[0]!;
}

function meanQuality({ quality }: Variant, tasks: readonly string[]): number {
  return tasks.reduce((sum, task) => sum + (quality[task] ?? 0), 0) / tasks.length;
}
