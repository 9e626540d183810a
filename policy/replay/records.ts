import type { Outcome } from './exchange.ts';
import type { Judged } from './recorder.ts';

/** One JSON line per request, in order of sending: what was asked, what was chosen, what came of it. */
export function recordLines(judged: readonly Judged[]): string {
  return judged
    .toSorted((a, b) => a.sentAtMs - b.sentAtMs)
    .map((one) => `${JSON.stringify(recordOf(one))}\n`)
    .join('');
}

function recordOf({ request, route, outcome, ...rest }: Judged): object {
  return {
    arrivalMs: request.arrivalMs,
    sentAtMs: rest.sentAtMs,
    task: request.task,
    class: rest.class,
    asked: { promptTokens: request.promptTokens, outputTokens: request.outputTokens },
    status: rest.status,
    ...route,
    outcome: outcome.kind,
    ...resultOf(outcome),
    onTime: rest.onTime,
    utility: rest.utility,
  };
}

/** An outcome's fields, its reason under a name of its own: the route has one too. */
function resultOf(outcome: Outcome): object {
  if (outcome.kind === 'failed') return { failure: outcome.reason };
  const { kind: _, ...result } = outcome;
  return result;
}
