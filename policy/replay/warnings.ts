import { formatCount, formatMs } from '../report/format.ts';
import { promptTokensOf } from './prompt.ts';
import type { Judged } from './recorder.ts';
import { groupBy, type Summary } from './summary.ts';

/** Lag beyond which arrivals are no longer those that were recorded. */
const tolerableLagMs = 50;
/** Kinds of failure listed; the rest is counted. */
const shownReasons = 5;

/** What a reader of the figures must know about them, one sentence each. */
export function warnings(judged: readonly Judged[], summary: Summary): string[] {
  return [
    ...lagWarning(summary),
    ...promptWarning(judged),
    ...lengthWarning(judged),
    ...unfinishedWarning(summary),
    ...failureWarnings(judged),
  ];
}

function lagWarning({ sendLagMs }: Summary): string[] {
  if (sendLagMs.p99 === null || sendLagMs.p99 <= tolerableLagMs) return [];
  return [
    `this client could not keep up: it sent 1 % of the requests more than ${formatMs(sendLagMs.p99)} late; lower the rate or the speed, or give it a machine of its own`,
  ];
}

function promptWarning(judged: readonly Judged[]): string[] {
  const longer = judged.filter(
    ({ request }) => promptTokensOf(request.promptTokens, request.outputTokens) > request.promptTokens,
  );
  if (longer.length === 0) return [];
  return [
    `prompts shorter than the sentence that asks for the answer's length, sent as that sentence (7 or 8 tokens): ${part(longer, judged)}`,
  ];
}

/** Only a model that does as it is told answers at the recorded length; the local fleet's do, up to their own limits. */
function lengthWarning(judged: readonly Judged[]): string[] {
  const other = judged.filter(
    ({ outcome, request }) => outcome.kind === 'answered' && outcome.outputTokens !== request.outputTokens,
  );
  if (other.length === 0) return [];
  const byVariant = [...groupBy(other, (one) => one.route.variant)].map(
    ([variant, group]) => `${variant} ${formatCount(group.length)}`,
  );
  return [`answers not as long as recorded: ${part(other, judged)} (${byVariant.join(', ')})`];
}

function unfinishedWarning({ unfinished }: Summary): string[] {
  if (unfinished === 0) return [];
  return [`ended early; requests not sent or not finished, and not counted: ${formatCount(unfinished)}`];
}

function failureWarnings(judged: readonly Judged[]): string[] {
  const reasons = judged.flatMap(({ outcome }) => (outcome.kind === 'failed' ? [outcome.reason] : []));
  const counted = [...Map.groupBy(reasons, (reason) => reason)].sort(([, a], [, b]) => b.length - a.length);
  const lines = counted
    .slice(0, shownReasons)
    .map(([reason, all]) => `failed ${formatCount(all.length)} ×: ${reason}`);
  const hidden = counted.length - shownReasons;
  return hidden > 0 ? [...lines, `further kinds of failure: ${hidden}`] : lines;
}

function part(some: readonly unknown[], all: readonly unknown[]): string {
  return `${formatCount(some.length)} of ${formatCount(all.length)}`;
}
