import type { RoutingRequest } from '../routing/observation.ts';
import type { ChatRequest } from './chat-request.ts';

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

/**
 * What a request may take. Where routing can do with a guess, a limit has to hold: every text of the prompt counts,
 * wherever it stands, and of two bounds on the output, which servers choose between as they like, the larger.
 */
export function demandOf(request: ChatRequest, { promptTokens }: RoutingRequest): Demand {
  const { messages, tools, response_format, max_tokens, max_completion_tokens } = request;
  const bounds = [max_tokens, max_completion_tokens].filter((bound) => bound != null);
  return {
    promptTokens: Math.max(promptTokens, Math.ceil(tokensIn([messages, tools, response_format]))),
    answers: request.n ?? 1,
    maxOutputTokens: bounds.length === 0 ? undefined : Math.max(...bounds),
  };
}

/** Parts whose length says nothing about their tokens. */
const media = new Set(['image_url', 'input_audio', 'video_url', 'file']);

/** Four characters of ASCII make a token, and one of any other script makes one by itself. */
function tokensIn(value: unknown): number {
  if (typeof value === 'string') return tokensInText(value);
  if (typeof value !== 'object' || value === null) return 0;
  let tokens = 0;
  for (const [key, item] of Object.entries(value)) if (!media.has(key)) tokens += tokensIn(item);
  return tokens;
}

function tokensInText(text: string): number {
  let others = 0;
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 127) others += 1;
  return (text.length - others) / 4 + others;
}
