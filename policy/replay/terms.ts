import { z } from 'zod';
import type { RequestClass } from '../../src/routing/catalogue.ts';
import { requestClasses, type Slo } from '../../src/routing/catalogue.ts';
import type { Outcome } from './exchange.ts';

/** What the gateway's catalogue says about one task. */
export interface TaskTerms {
  readonly task: string;
  readonly class: RequestClass;
  readonly slo: Slo;
  /** Share of the task's requests each variant answers well. */
  readonly quality: Readonly<Record<string, number>>;
  readonly bestQuality: number;
}

const positive = z.number().positive().optional();

/** The part of `POST /v1/route`'s answer that the replay judges by. */
export const routeAnswerSchema = z.object({
  request: z.object({
    task: z.string().min(1),
    class: z.enum(requestClasses),
    slo: z.object({ ttftMs: positive, tpotMs: positive, e2eMs: positive }),
  }),
  ranking: z.array(z.object({ variant: z.string().min(1), quality: z.number().min(0).max(1) })).min(1),
});

/** A task's terms out of the gateway's answer to a dry run. */
export function termsOf(answer: z.output<typeof routeAnswerSchema>): TaskTerms {
  const quality = Object.fromEntries(answer.ranking.map((row) => [row.variant, row.quality]));
  return { ...answer.request, quality, bestQuality: Math.max(...Object.values(quality)) };
}

/** Whether an answer kept every bound of its SLO. A bound on TPOT holds for an answer of a single token. */
export function isOnTime(outcome: Outcome, slo: Slo): boolean {
  if (outcome.kind !== 'answered') return false;
  const within = (value: number | undefined, bound: number | undefined) =>
    value === undefined || bound === undefined || value <= bound;
  return (
    within(outcome.ttftMs, slo.ttftMs) &&
    within(outcome.tpotMs, slo.tpotMs) &&
    within(outcome.e2eMs, slo.e2eMs)
  );
}
