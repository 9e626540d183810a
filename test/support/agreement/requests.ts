import type { WorkloadRequest } from '../../../policy/workloads/request.ts';
import { readTrace } from '../../../policy/workloads/trace.ts';

/** Short requests, one at a time, before the trace: they warm the connections up and show what the network adds. */
export const preludeRequests = 10;
const shortestPrompt = 9;
const firstTracePrompt = shortestPrompt + preludeRequests;

export interface TracePart {
  readonly file: string;
  /** Its first request, counted from 0. */
  readonly from: number;
  readonly durationMs: number;
  /** Answers are cut to this many tokens. */
  readonly mostOutputTokens: number;
  readonly task: string;
  /** Time between the requests of the prelude: enough for each to be alone. */
  readonly preludeGapMs: number;
}

/**
 * A prelude and a part of a trace. No two prompts have the same length, so that a request can be told by it wherever
 * it shows up: a length that was there before grows by the few tokens that this takes.
 */
export function requestsOf(part: TracePart): WorkloadRequest[] {
  return [...preludeOf(part), ...tracePart(part)];
}

export function isPrelude(promptTokens: number): boolean {
  return promptTokens < firstTracePrompt;
}

function preludeOf({ preludeGapMs, task }: TracePart): WorkloadRequest[] {
  return Array.from({ length: preludeRequests }, (_, index) => ({
    arrivalMs: index * preludeGapMs,
    promptTokens: shortestPrompt + index,
    outputTokens: 2,
    task,
  }));
}

function tracePart(part: TracePart): WorkloadRequest[] {
  const { from, durationMs, mostOutputTokens, task } = part;
  const rest = readTrace(part.file).slice(from);
  const beganMs = rest[0]!.arrivalMs - preludeRequests * part.preludeGapMs;
  const taken = new Set<number>();
  return rest
    .filter(({ arrivalMs }) => arrivalMs - rest[0]!.arrivalMs < durationMs)
    .map(({ arrivalMs, promptTokens, outputTokens }) => ({
      arrivalMs: arrivalMs - beganMs,
      promptTokens: firstFree(taken, Math.max(promptTokens, firstTracePrompt)),
      outputTokens: Math.min(outputTokens, mostOutputTokens),
      task,
    }));
}

function firstFree(taken: Set<number>, least: number): number {
  let value = least;
  while (taken.has(value)) value += 1;
  taken.add(value);
  return value;
}
