import type { RoutingRequest } from '../routing/observation.ts';
import type { ChatRequest } from './chat-request.ts';
import { textTokensIn } from './text-tokens.ts';

/** The tokens a request is about to take. */
export interface Demand {
  readonly promptTokens: number;
  /** Answers asked for. */
  readonly answers: number;
  /** The client's own bound on the output of each. */
  readonly maxOutputTokens?: number | undefined;
}

/** Of a request that no model server will see. */
export const noTokens: Demand = { promptTokens: 0, answers: 0 };

/** Fields that end here, or name something. */
const unread = new Set(['model', 'metadata', 'service_tier', 'stop', 'user']);

/**
 * What a request may take. Where routing can do with a guess, a limit has to hold: every text counts that a server may
 * put into the prompt, such as the documents that some templates take, and of two bounds on the output, which servers
 * choose between as they like, the larger.
 */
export function demandOf(request: ChatRequest, { promptTokens }: RoutingRequest): Demand {
  const { max_tokens, max_completion_tokens } = request;
  const read = Object.entries(request).map(([field, value]) => (unread.has(field) ? undefined : value));
  const bounds = [max_tokens, max_completion_tokens].filter((bound) => bound != null);
  return {
    promptTokens: Math.max(promptTokens, Math.ceil(textTokensIn(read))),
    answers: request.n ?? 1,
    maxOutputTokens: bounds.length === 0 ? undefined : Math.max(...bounds),
  };
}
