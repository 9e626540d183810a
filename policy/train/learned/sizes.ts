import type { EvolutionSizes } from './evolution.ts';

/** All that a training's result depends on, but for its seed and its length. */
export interface TrainingSizes extends Omit<EvolutionSizes, 'seed' | 'generations'> {
  /** Hidden units of the network. */
  readonly hidden: number;
  /** Expected of one scenario. */
  readonly requests: number;
  /** Every so many generations the policy is checked beside the rule. */
  readonly checkEvery: number;
  /** Scenarios of a check; no generation sees them. */
  readonly checks: number;
}

/** What `npm run train -- --scorer learned` uses; README.md beside this file tells what else was tried. */
export const usualSizes: TrainingSizes = {
  hidden: 12,
  pairs: 64,
  deviation: 0.07,
  rate: 0.02,
  lastRate: 0.002,
  requests: 2_500,
  checkEvery: 10,
  checks: 60,
};
