import { z } from 'zod';
import { type RequestClass, requestClasses, type Slo } from '../../src/routing/catalogue.ts';
import { isOnTime } from '../../src/routing/slo.ts';
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

/** Whether a request was answered, and within every bound of its SLO. */
export function isAnsweredOnTime(outcome: Outcome, slo: Slo): boolean {
  return outcome.kind === 'answered' && isOnTime(slo, outcome);
}
