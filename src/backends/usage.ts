import type { Usage } from './backend.ts';
import { isRecord } from './upstream-error.ts';

/**
 * What an endpoint says of an answer's tokens; undefined for what is no count. Estimates and limits add up what it says:
 * one value that is no number would stay in all later ones.
 */
export function usageOf(value: unknown): Usage | undefined {
  if (!isRecord(value)) return undefined;
  const { prompt_tokens, completion_tokens } = value;
  if (!isCount(prompt_tokens) || !isCount(completion_tokens)) return undefined;
  return { ...value, prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
