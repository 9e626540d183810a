/** One step of a deployment. Its state is in the clouds, not on this machine, so that anybody may go on with it. */
export interface Step {
  readonly name: string;
  /** What is there afterwards, for a person. */
  readonly what: string;
  /** Whether it is there already. */
  isDone(): Promise<boolean>;
  /** What it would change, in detail, for a person. Absent: `what` says it all. */
  changes?(): Promise<string>;
  /** Brings it about; harmless when it is there already. */
  run(): Promise<void>;
  /** Why it must not be taken away, and how to lift that; undefined where it may be. */
  obstacle?(): Promise<string | undefined>;
  /**
   * Takes it away again, or does nothing where it is gone. Absent: there is nothing of its own to take.
   * @returns what of it stays, and why; undefined when nothing does
   */
  undo?(): Promise<string | undefined>;
  /** What of it is left on purpose, and why; undefined when nothing is. */
  leaves?(): Promise<string | undefined>;
}
