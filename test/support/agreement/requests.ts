import type { WorkloadRequest } from '../../../policy/workloads/request.ts';
import { readTrace } from '../../../policy/workloads/trace.ts';

export interface TracePart {
  readonly file: string;
  /** Its first request, counted from 0. */
  readonly from: number;
  readonly durationMs: number;
  /** Answers are cut to this many tokens. */
  readonly mostOutputTokens: number;
  readonly task: string;
}

/** Room for the sentence that asks for a length. */
const shortestPrompt = 9;

/**
 * A part of a trace. No two prompts have the same length, so that a request can be told by it wherever it shows up: a
 * length that was there before grows by the few tokens that this takes.
 */
export function requestsOf({ file, from, durationMs, mostOutputTokens, task }: TracePart): WorkloadRequest[] {
  const rest = readTrace(file).slice(from);
  const beganMs = rest[0]!.arrivalMs;
  const taken = new Set<number>();
  return rest
    .filter(({ arrivalMs }) => arrivalMs < beganMs + durationMs)
    .map(({ arrivalMs, promptTokens, outputTokens }) => ({
      arrivalMs: arrivalMs - beganMs,
      promptTokens: firstFree(taken, Math.max(promptTokens, shortestPrompt)),
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
