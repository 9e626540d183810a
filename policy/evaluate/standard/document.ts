import type { Interval } from '../../report/statistics.ts';
import type { ScorerResult } from '../comparison.ts';

/** What `npm run evaluate` alone finds: the content of eval.json. */
export interface StandardDocument {
  /** How many; they are 1, 2, … */
  readonly seeds: number;
  /** The scorer that stands for the project. */
  readonly focus: string;
  /** Contenders that were to take part and could not, each with the reason. */
  readonly missing: readonly Missing[];
  readonly comparisons: readonly StandardComparison[];
  readonly availability: readonly FleetAvailability[];
  readonly curve: OnTimeCurve;
  readonly loads: LoadSweep;
  readonly spike: Spike;
  readonly unseen: Unseen;
}

export interface Missing {
  readonly fleet: string;
  readonly workload: string;
  readonly scorer: string;
  readonly reason: string;
}

export interface StandardComparison {
  readonly group: 'paper' | 'heavy' | 'rough' | 'traces';
  readonly fleet: string;
  readonly workload: string;
  readonly durationS: number;
  readonly meanRatePerSecond: number;
  readonly predictionSigma?: number | 'none';
  /** What the conditions are called; absent: ideal ones. */
  readonly conditions?: string;
  /** Utility under the conditions less that under ideal ones, on the same requests. */
  readonly changes?: readonly { readonly scorer: string; readonly utilityDifference: Interval }[];
  /** Of what static serving of the largest model carries. */
  readonly timesCarried?: number;
  readonly seeds: number;
  /** Stands for the project here: the document's focus, or another where that cannot take part. */
  readonly focus: string;
  readonly results: readonly ScorerResult[];
  /** The focus less each other, on the same requests. */
  readonly paired: readonly FocusDifference[];
  /** Utility nobody can exceed, and what might be reachable, in hindsight; on the first so many of the seeds. */
  readonly bounds?: {
    readonly seeds: number;
    readonly bound: Interval;
    readonly estimate: Interval;
    /** Of the focus, on the same. */
    readonly focusUtility: Interval;
  };
}

export interface FocusDifference {
  readonly a: string;
  readonly b: string;
  readonly utilityDifference: Interval;
  readonly f96Difference: Interval;
  readonly f98Difference: Interval;
}

export interface FleetAvailability {
  readonly fleet: string;
  readonly durationS: number;
  readonly results: readonly {
    readonly scorer: string;
    readonly availabilityRps: Interval;
    /** Times that of `static-large`, seed by seed. */
    readonly timesStaticLarge: Interval;
  }[];
}

export interface OnTimeCurve {
  readonly fleet: string;
  readonly durationS: number;
  readonly points: readonly {
    readonly scorer: string;
    readonly ratePerSecond: number;
    readonly onTime: Interval;
  }[];
}

/** `any`: more than any number of times nothing; `none`: both are nothing. */
export type Ratio = number | 'any' | 'none';

export interface LoadSweep {
  readonly fleet: string;
  readonly workload: string;
  readonly durationS: number;
  readonly points: readonly {
    readonly meanRatePerSecond: number;
    readonly results: readonly ScorerResult[];
    /** Of means over the seeds. */
    readonly ratios: {
      /** The focus beside static serving of the largest model. */
      readonly f96: Ratio;
      readonly f98: Ratio;
      /** The same with twice the GPUs for static serving. */
      readonly utilityPerGpu: Ratio;
    };
  }[];
}

/** Fleets, quality ladders, loads and conditions that nothing was trained or tuned on, each a scenario. */
export interface Unseen {
  readonly firstSeed: number;
  readonly focus: string;
  /** All of them, then by shape of the fleet and by conditions. */
  readonly groups: readonly UnseenGroup[];
}

export interface UnseenGroup {
  readonly name: string;
  readonly scenarios: number;
  readonly results: readonly {
    readonly scorer: string;
    readonly utility: Interval;
    readonly onTime: Interval;
    /** The focus less it, on the same scenarios; absent for the focus. */
    readonly focusLead?: Interval;
  }[];
}

export interface Spike {
  readonly fleet: string;
  readonly workload: string;
  /** Requests of each second, mean over the seeds. */
  readonly offered: readonly number[];
  readonly series: readonly {
    readonly scorer: string;
    /** Utility of the requests that arrived in each second. */
    readonly utility: readonly Interval[];
  }[];
}
