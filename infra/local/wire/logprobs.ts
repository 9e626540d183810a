import { seededRandom } from '../../../src/platform/random.ts';
import type { ChatRequest } from '../generation/chat-request.ts';
import { hashOf, wordsFor } from '../generation/text.ts';

/** Log probabilities for these tokens, if the request asks for them; the same tokens have the same ones. */
export function logprobsOf(request: ChatRequest, pieces: readonly string[]): object | null {
  if (!request.logprobs) return null;
  const alternatives = request.top_logprobs ?? 0;
  return {
    content: pieces.map((piece) => ({ ...entries(piece, 1)[0], top_logprobs: entries(piece, alternatives) })),
  };
}

/** The token and its runners-up, most probable first. */
function entries(piece: string, count: number): { token: string; logprob: number; bytes: number[] }[] {
  const seed = hashOf(`logprob:${piece}`);
  const random = seededRandom(seed);
  let logprob = -0.01 - 0.5 * random();
  return [piece, ...wordsFor(seed, 20)].slice(0, count).map((token, rank) => {
    if (rank > 0) logprob -= 0.5 + random();
    return { token, logprob, bytes: [...new TextEncoder().encode(token)] };
  });
}
