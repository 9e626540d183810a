import type { RequestClass, Slo, Variant } from '../../src/routing/catalogue.ts';
import type { RoutingRequest } from '../../src/routing/observation.ts';
import { wholeAnswerMs } from '../../src/routing/slo.ts';
import { answerTokens } from '../arena/journey.ts';
import type { Outcome } from '../arena/simulation.ts';
import type { WorkloadRequest } from '../workloads/request.ts';

type Served = Extract<Outcome, { kind: 'served' }>;

/** What answers are worth. Every reward there is is a row of these numbers. */
export interface RewardRow {
  /**
   * What is left of an answer's value when it took twice what its SLO allows, 0 to 1: the value decays
   * exponentially from the deadline on. 0 is a hard deadline.
   */
  readonly leftAtTwiceTheSlo: number;
  /** Value one US dollar of tokens takes away. */
  readonly perDollar: number;
  readonly classWeights: Readonly<Record<RequestClass, number>>;
}

const alike = { interactive: 1, standard: 1, batch: 1 } as const;

export const rewardRows = {
  /** The bench's utility: quality if the SLO is met, else nothing. */
  hard: { leftAtTwiceTheSlo: 0, perDollar: 0, classWeights: alike },
  /** Late answers are worth something still. */
  soft: { leftAtTwiceTheSlo: 0.25, perDollar: 0, classWeights: alike },
  /** Quality on time less what it cost: one point of quality is worth 0.01 US cents. */
  cost: { leftAtTwiceTheSlo: 0, perDollar: 100, classWeights: alike },
  /** The more urgent, the more an answer on time counts. */
  classes: {
    leftAtTwiceTheSlo: 0,
    perDollar: 0,
    classWeights: { interactive: 2, standard: 1, batch: 0.25 },
  },
} as const satisfies Record<string, RewardRow>;

/** What was promised to a request. */
export type Promised = Pick<RoutingRequest, 'class' | 'slo'>;

/**
 * What a request that has ended was worth: `weight · (quality · share of it left − perDollar · cost)`; nothing for one
 * that was refused or failed.
 */
export function rewardOf(outcome: Outcome, promised: Promised, row: RewardRow): number {
  if (outcome.kind !== 'served') return 0;
  const { variant, request } = outcome;
  const shareLeft = row.leftAtTwiceTheSlo ** Math.max(latenessOf(outcome, promised.slo) - 1, 0);
  const value = (variant.quality[request.task] ?? 0) * shareLeft;
  return row.classWeights[promised.class] * (value - row.perDollar * dollarsOf(variant, request));
}

/** The largest multiple of any bound of the SLO that the answer took; at most 1 when it was on time. */
function latenessOf({ ttftMs, tpotMs, e2eMs, variant, request }: Served, slo: Slo): number {
  if (ttftMs === undefined) return e2eMs / wholeAnswerMs(slo, answerTokens(variant, request));
  return Math.max(
    slo.ttftMs === undefined ? 0 : ttftMs / slo.ttftMs,
    slo.tpotMs === undefined || tpotMs === undefined ? 0 : tpotMs / slo.tpotMs,
    slo.e2eMs === undefined ? 0 : e2eMs / slo.e2eMs,
  );
}

/** Price of the tokens read and written; a variant without a price is free. */
function dollarsOf(variant: Variant, request: WorkloadRequest): number {
  const { price } = variant;
  if (price === undefined) return 0;
  const outputTokens = answerTokens(variant, request);
  return (price.inputPerMillion * request.promptTokens + price.outputPerMillion * outputTokens) / 1e6;
}
