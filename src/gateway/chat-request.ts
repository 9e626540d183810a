import { z } from 'zod';
import type { ChatBody } from '../backends/backend.ts';
import { limits } from '../limits.ts';
import { invalid } from './api-error.ts';
import { checkFields } from './check-fields.ts';

const part = z
  .looseObject({ type: z.string().min(1), text: z.string().optional() })
  .refine(({ type, text }) => type !== 'text' || text !== undefined, { path: ['text'], error: 'missing' });

const content = z.union([z.string(), z.array(part).min(1)], {
  error: 'must be a string or a non-empty array of content parts',
});

const message = z
  .looseObject({
    role: z.enum(['developer', 'system', 'user', 'assistant', 'tool', 'function']),
    content: content.nullish(),
    tool_calls: z.array(z.looseObject({})).nullish(),
  })
  .refine((value) => value.content != null || value.role === 'assistant' || value.role === 'function', {
    path: ['content'],
    error: 'missing',
  });

const tool = z
  .looseObject({ type: z.string().min(1), function: z.looseObject({ name: z.string().min(1) }).optional() })
  .refine((value) => value.type !== 'function' || value.function !== undefined, {
    path: ['function'],
    error: 'missing',
  });

const responseFormat = z
  .looseObject({ type: z.string().min(1), json_schema: z.unknown().optional() })
  .refine((value) => value.type !== 'json_schema' || value.json_schema != null, {
    path: ['json_schema'],
    error: 'missing',
  });

const maxTokens = z.int().positive().nullish();
const number = (low: number, high: number) => z.number().min(low).max(high).nullish();

/**
 * The fields the gateway itself reads, and those whose mistakes every backend would answer differently. All other
 * fields pass through unread.
 */
const chatSchema = z.looseObject({
  model: z.string().min(1).max(limits.nameCharacters),
  messages: z.array(message).min(1).max(limits.messages),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: maxTokens,
  max_completion_tokens: maxTokens,
  n: z.int().min(1).max(limits.choices).nullish(),
  temperature: number(0, 2),
  top_p: number(0, 1),
  frequency_penalty: number(-2, 2),
  presence_penalty: number(-2, 2),
  seed: z.int().nullish(),
  stop: z
    .union([z.string(), z.array(z.string()).max(16)], { error: 'must be a string or an array of strings' })
    .nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: z
    .union([z.string(), z.looseObject({ type: z.string() })], { error: 'must be a string or an object' })
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  response_format: responseFormat.nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  service_tier: z.enum(['auto', 'default', 'flex', 'scale', 'priority', 'fast']).nullish(),
  user: z.string().nullish(),
});

export type ChatRequest = z.output<typeof chatSchema> & ChatBody;

/**
 * A checked chat completion request.
 * @throws ApiError 400 that names the first field at fault and the received value
 */
export function parseChatRequest(body: unknown): ChatRequest {
  const request = checkFields(chatSchema, body);
  if (request.stream_options != null && request.stream !== true)
    throw invalid('stream_options', 'only allowed together with stream: true');
  if (forcesTool(request.tool_choice) && (request.tools ?? []).length === 0)
    throw invalid('tool_choice', 'demands a tool, but tools has none');
  return request as ChatRequest;
}

function forcesTool(choice: ChatRequest['tool_choice']): boolean {
  return choice != null && choice !== 'auto' && choice !== 'none';
}

/** Choices are generated side by side, so an answer takes as long as one of them. */
export function tokensPerChoice(outputTokens: number, { n }: ChatRequest): number {
  return Math.round(outputTokens / (n ?? 1));
}

/** The client's own bound on output tokens per answer. */
export function maxOutputTokens(request: ChatRequest): number | undefined {
  return request.max_completion_tokens ?? request.max_tokens ?? undefined;
}
