import type { ChatRequest } from './chat-request.ts';

/** What prompts are counted by: text and tool definitions by length, images at a flat rate. */
interface Rates {
  readonly charactersPerToken: number;
  readonly tokensPerImage: number;
}

/** English text with the tokenizers of current models, and images at the default detail; a router needs no better. */
const likely: Rates = { charactersPerToken: 4, tokensPerImage: 765 };

/**
 * Tokens of twice the usual length, which only rows of blanks and dashes exceed, and images at low detail. What would
 * not fit even so is refused for good; the model server counts the rest exactly.
 */
const fewest: Rates = { charactersPerToken: 8, tokensPerImage: 85 };

/** Estimated prompt tokens of a request. */
export function estimatePromptTokens(request: ChatRequest): number {
  return countTokens(request, likely);
}

/** Prompt tokens that a request has at least, as good as certainly. */
export function fewestPromptTokens(request: ChatRequest): number {
  return countTokens(request, fewest);
}

function countTokens({ messages, tools }: ChatRequest, rates: Rates): number {
  let characters = 0;
  let images = 0;
  for (const { content } of messages) {
    if (typeof content === 'string') characters += content.length;
    else
      for (const part of content ?? []) {
        characters += part.text?.length ?? 0;
        if (part.type === 'image_url') images += 1;
      }
  }
  if (tools != null) characters += JSON.stringify(tools).length;
  return Math.max(Math.ceil(characters / rates.charactersPerToken) + images * rates.tokensPerImage, 1);
}
