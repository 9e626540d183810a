/** One fleet under one workload, each a name or a file. */
export interface Case {
  readonly fleet: string;
  readonly workload: string;
}

/** What is learned for what. */
export interface TrainingTask {
  /** The one case to learn on; absent: whatever the learner draws. */
  readonly only?: Case | undefined;
  readonly seed: number;
  /** In the learner's own unit. */
  readonly steps: number;
}

export interface TrainOptions {
  readonly task: TrainingTask;
  /** Folder for what was learned and its curves. */
  readonly out: string;
  /** Folder for checkpoints. */
  readonly stateFolder: string;
  /** Go on from the checkpoint of the same task, and end with the same bytes as if it had not been interrupted. */
  readonly resume: boolean;
  /** Threads at most, for learners that use more than one. */
  readonly workers: number;
  /** Exported network to begin with, where a learner can; absent: its own beginning. */
  readonly from?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onPoint?: ((point: CurvePoint, validation: RuleToBeat) => void) | undefined;
}

/** How good what is learned was after so many steps. */
export interface CurvePoint {
  readonly step: number;
  /** Mean on the validation seeds. */
  readonly utility: number;
  /** Whatever else the learner wants drawn, by name. */
  readonly measures: Readonly<Record<string, number>>;
}

/** The rule on the same validation seeds. */
export interface RuleToBeat {
  readonly name: string;
  readonly utility: number;
}

export interface Trained {
  /** How good what was kept is. */
  readonly kept: CurvePoint;
  readonly rule: RuleToBeat;
  readonly files: readonly string[];
}

/** A way of learning, as `npm run train` offers it. */
export interface Learner {
  /** What a step is, in the plural. */
  readonly unit: string;
  readonly defaultSteps: number;
  /** What it learns on unless told; absent: fleets and loads that it draws itself. */
  readonly defaultCase?: Case;
  /**
   * @returns undefined when it was stopped; a checkpoint is left then
   * @throws CommandError for a `from` it cannot begin with, when there is nothing to resume, or a checkpoint of another task
   */
  train(options: TrainOptions): Promise<Trained | undefined>;
}
