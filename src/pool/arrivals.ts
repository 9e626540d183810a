import type { PoolSnapshot } from '../routing/snapshot.ts';
import { countOne, type DecayingCount, noCount, weightAt } from './decaying-count.ts';

/** Time constants of the arrival rates: one sees a burst within a second, one the level of the last half minute. */
const FAST_MS = 1_000;
const SLOW_MS = 30_000;
/** Weight of one arrival in the mean prompt length. */
const PROMPT_WEIGHT = 0.02;
/** Mean prompt length before any arrival, tokens. */
const PROMPT_PRIOR = 500;

/** Who arrives, how often and how large. Plain data. */
export interface Arrivals {
  readonly fast: DecayingCount;
  readonly slow: DecayingCount;
  readonly tasks: Readonly<Record<string, DecayingCount>>;
  readonly meanPromptTokens: number;
}

export function noArrivals(nowMs: number): Arrivals {
  return { fast: noCount(nowMs), slow: noCount(nowMs), tasks: {}, meanPromptTokens: PROMPT_PRIOR };
}

export function arrive(arrivals: Arrivals, task: string, promptTokens: number, nowMs: number): Arrivals {
  return {
    fast: countOne(arrivals.fast, FAST_MS, nowMs),
    slow: countOne(arrivals.slow, SLOW_MS, nowMs),
    tasks: { ...arrivals.tasks, [task]: countOne(arrivals.tasks[task] ?? noCount(nowMs), SLOW_MS, nowMs) },
    meanPromptTokens: arrivals.meanPromptTokens + PROMPT_WEIGHT * (promptTokens - arrivals.meanPromptTokens),
  };
}

export function ratesAt(arrivals: Arrivals, nowMs: number): PoolSnapshot['arrivals'] {
  return {
    fastPerSecond: (weightAt(arrivals.fast, FAST_MS, nowMs) / FAST_MS) * 1000,
    slowPerSecond: (weightAt(arrivals.slow, SLOW_MS, nowMs) / SLOW_MS) * 1000,
  };
}

/** Share of recent arrivals per task; empty before the first. */
export function taskMixAt(arrivals: Arrivals, nowMs: number): PoolSnapshot['taskMix'] {
  const total = weightAt(arrivals.slow, SLOW_MS, nowMs);
  const mix: Record<string, number> = {};
  for (const task in arrivals.tasks) {
    const share = weightAt(arrivals.tasks[task]!, SLOW_MS, nowMs) / total;
    if (Number.isFinite(share)) mix[task] = share;
  }
  return mix;
}
