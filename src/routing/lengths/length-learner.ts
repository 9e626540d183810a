import { AdditiveFilter, type FilterState } from './additive-filter.ts';
import { FEATURE_LAYOUT, SLOTS, variantSlot } from './features.ts';
import { type LengthModel, STEPS_PER_UNIT } from './length-model.ts';
import { BASES, TaskLearner, type TaskState } from './task-learner.ts';
import type { Filters } from './task-predictor.ts';

/**
 * What a feature may add to location and scale, and how fast old answers fade, in variances of a single answer: in
 * these units the same numbers serve lengths that vary little and lengths that vary a lot.
 */
const LOCATION = { priorVariance: 0.2, drift: 3e-5 };
const SCALE = { priorVariance: 0.04, drift: 3e-5 };
/** A model is published anew when it has seen this share more answers, and after this time in any case. */
const NEWS_SHARE = 0.05;
const PUBLISH_EVERY_MS = 1_000;

/** What survives the eviction of the process that learns. */
export interface LengthLearnerState {
  readonly layout: number;
  readonly locations: FilterState;
  readonly scales: FilterState;
  readonly tasks: Readonly<Record<string, TaskState>>;
}

/** An answered request: what was known of it before. */
export interface AnsweredRequest {
  readonly task: string;
  /** As `lengthSlots` gave them. */
  readonly slots: readonly number[];
  readonly variant: string;
}

/**
 * Learns output lengths from answers, in bounded memory: two tables of weights and a few numbers per task. Location
 * and scale of ln(tokens) are learned together, as the mean and the spread of a normal distribution; quantiles and
 * mean are then corrected by what was seen, so that they hold for lengths that are not log-normal.
 */
export class LengthLearner {
  readonly #filters: Filters;
  readonly #tasks: ReadonlyMap<string, TaskLearner>;
  #published: LengthModel | undefined;
  #publishedAtMs = -Infinity;
  #learned = 0;
  #news = 0;

  /** @param meanTokens per task, before any answer */
  constructor(meanTokens: Readonly<Record<string, number>>, state?: LengthLearnerState) {
    const kept = state?.layout === FEATURE_LAYOUT ? state : undefined;
    const tasks = Object.entries(meanTokens);
    const bases = tasks.length * BASES;
    const filters: Filters = {
      locations: new AdditiveFilter({ ...LOCATION, bases }, kept?.locations),
      scales: new AdditiveFilter({ ...SCALE, bases }, kept?.scales),
    };
    this.#filters = filters;
    this.#tasks = new Map(
      tasks.map(([task, tokens], index) => [
        task,
        new TaskLearner(filters, SLOTS + index * BASES, tokens, kept?.tasks[task]),
      ]),
    );
  }

  /**
   * Learns from one answer.
   * @param isCutShort a bound ended it: it would have been longer, so it can only teach that lengths are larger
   */
  learn({ task, slots, variant }: AnsweredRequest, outputTokens: number, isCutShort: boolean): void {
    const learner = this.#tasks.get(task);
    if (learner === undefined || outputTokens < 1) return;
    learner.learn(slots, variantSlot(task, variant), outputTokens, isCutShort);
    this.#learned += 1;
    this.#news += 1;
  }

  /** The model for the edges: the last published one while that says nearly the same. */
  model(nowMs: number): LengthModel {
    const isDue =
      this.#news > 0 &&
      (nowMs - this.#publishedAtMs >= PUBLISH_EVERY_MS || this.#news >= NEWS_SHARE * this.#learned);
    if (this.#published !== undefined && !isDue) return this.#published;
    this.#published = {
      revision: Math.max(nowMs, (this.#published?.revision ?? -1) + 1),
      tasks: Object.fromEntries([...this.#tasks].map(([task, learner]) => [task, learner.lengths()])),
      locations: this.#filters.locations.rounded(STEPS_PER_UNIT),
      scales: this.#filters.scales.rounded(STEPS_PER_UNIT),
    };
    this.#publishedAtMs = nowMs;
    this.#news = 0;
    return this.#published;
  }

  state(): LengthLearnerState {
    return {
      layout: FEATURE_LAYOUT,
      locations: this.#filters.locations.state(),
      scales: this.#filters.scales.state(),
      tasks: Object.fromEntries([...this.#tasks].map(([task, learner]) => [task, learner.state()])),
    };
  }
}
