import type { ChatRequest } from './chat-request.ts';

/** Characters per token of English text with the tokenizers of current models; a router needs no better. */
const CHARACTERS_PER_TOKEN = 4;
/** Prompt tokens of one image at the default detail of vision models of the day. */
const TOKENS_PER_IMAGE = 765;

/** Estimated prompt tokens of a request: text and tool definitions by length, images at a flat rate. */
export function estimatePromptTokens({ messages, tools }: ChatRequest): number {
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
  return Math.max(Math.ceil(characters / CHARACTERS_PER_TOKEN) + images * TOKENS_PER_IMAGE, 1);
}
