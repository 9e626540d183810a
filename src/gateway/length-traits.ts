import { hashText, type LengthTraits } from '../routing/lengths/features.ts';
import type { ChatRequest } from './chat-request.ts';

/** Characters of a system prompt that tell one template from another. */
const TEMPLATE_CHARACTERS = 256;
/** Characters within which the first or last words of a message are looked for, and how many words count. */
const EDGE_CHARACTERS = 48;
const WORDS = { opening: 2, ending: 3 };

/** What of a request may tell how long its answer will be, as hashes: nothing of its text or its key can be read back. */
export function readLengthTraits(
  request: ChatRequest,
  headers: Headers,
): Omit<LengthTraits, 'promptTokens' | 'class' | 'maxOutputTokens'> {
  const { messages } = request;
  const template = messages.find(({ role }) => role === 'system' || role === 'developer');
  const question = messages.findLast(({ role }) => role === 'user');
  const text = question && textOf(question.content);
  return {
    client: hashed(clientOf(request, headers)),
    template: hashed(template && textOf(template.content).slice(0, TEMPLATE_CHARACTERS)),
    opening: hashed(text && words(text.slice(0, EDGE_CHARACTERS)).slice(0, WORDS.opening).join(' ')),
    ending: hashed(text && words(text.slice(-EDGE_CHARACTERS)).slice(-WORDS.ending).join(' ')),
    format: hashed(formatOf(request)),
    turns: messages.length,
  };
}

/** Who the client says its user is, in OpenAI's newer or older field, or the client's key. */
function clientOf(
  { safety_identifier: identifier, user }: ChatRequest,
  headers: Headers,
): string | undefined {
  if (typeof identifier === 'string') return identifier;
  return user ?? headers.get('authorization') ?? undefined;
}

/** Whatever shapes the answer; undefined for a plain request. */
function formatOf(request: ChatRequest): string | undefined {
  const { response_format, tools, tool_choice, reasoning_effort, verbosity, stop } = request;
  const parts = [
    response_format?.type,
    tools != null && tools.length > 0 ? 'tools' : undefined,
    typeof tool_choice === 'string' ? tool_choice : tool_choice?.type,
    reasoning_effort,
    verbosity,
    stop == null ? undefined : 'stop',
  ];
  return parts.every((part) => part == null) ? undefined : JSON.stringify(parts);
}

function textOf(content: ChatRequest['messages'][number]['content']): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map(({ text }) => text ?? '').join('\n');
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

function hashed(text: string | undefined): number | undefined {
  return text === undefined || text === '' ? undefined : hashText(text);
}
