import type { Judged } from './recorder.ts';

/** One JSON line per request, in order of sending: what was asked, what was chosen, what came of it. */
export function recordLines(judged: readonly Judged[]): string {
  return judged
    .toSorted((a, b) => a.sentAtMs - b.sentAtMs)
    .map((one) => `${JSON.stringify(recordOf(one))}\n`)
    .join('');
}

function recordOf({ request, route, outcome, ...rest }: Judged): object {
  const { kind, ...result } = outcome;
  return {
    arrivalMs: request.arrivalMs,
    sentAtMs: rest.sentAtMs,
    task: request.task,
    class: rest.class,
    asked: { promptTokens: request.promptTokens, outputTokens: request.outputTokens },
    status: rest.status,
    ...route,
    outcome: kind,
    ...result,
    onTime: rest.onTime,
    utility: rest.utility,
  };
}
