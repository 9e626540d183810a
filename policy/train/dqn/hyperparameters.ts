/** What the paper's learner leaves open, as short runs on training seeds found it. README.md says how. */
export interface Hyperparameters {
  /** Widths of the two hidden layers. */
  readonly hidden: readonly [number, number];
  /** Worth of what the next decision earns, per decision. */
  readonly gamma: number;
  readonly learningRate: { readonly first: number; readonly last: number };
  /** Share of choices drawn at random; falls linearly over the first part of training. */
  readonly exploration: { readonly first: number; readonly last: number; readonly until: number };
  readonly batch: number;
  /** Decisions between two steps of learning. */
  readonly learnEvery: number;
  readonly replay: number;
  /** Transitions there must be before anything is learned. */
  readonly warmUp: number;
  readonly huberDelta: number;
  readonly mostGradient: number;
  readonly targetRate: number;
  /** Simulated time of one episode. */
  readonly episodeMs: number;
}

export const hyperparameters: Hyperparameters = {
  hidden: [64, 64],
  gamma: 0.98,
  learningRate: { first: 1e-3, last: 5e-5 },
  exploration: { first: 0.8, last: 0.02, until: 0.4 },
  batch: 32,
  learnEvery: 4,
  replay: 200_000,
  warmUp: 2_000,
  huberDelta: 1,
  mostGradient: 10,
  targetRate: 0.005,
  episodeMs: 10_000,
};
