import { z } from 'zod';
import { RefusedError } from '../wire/refusal.ts';

const textPart = z.looseObject({ type: z.string(), text: z.string().optional() });
const message = z.looseObject({
  role: z.string(),
  content: z.union([z.string(), z.array(textPart), z.null()]).optional(),
});
const tool = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({ name: z.string(), parameters: z.unknown().optional() }),
});
const count = z.int();

/** Each choice takes a place in the batch. */
const maxChoices = 128;

/** What a vLLM server reads of a chat request; it ignores the rest, and so does this one. */
const chatRequestSchema = z.looseObject({
  messages: z.array(message).min(1),
  model: z.string().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: count.nullish(),
  max_completion_tokens: count.nullish(),
  n: count.nullish(),
  seed: z.int().nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  ignore_eos: z.boolean().nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.looseObject({ type: z.literal('function'), function: z.looseObject({ name: z.string() }) }),
    ])
    .nullish(),
  response_format: z
    .looseObject({
      type: z.enum(['text', 'json_object', 'json_schema', 'structural_tag']),
      json_schema: z.looseObject({ schema: z.unknown().optional() }).nullish(),
    })
    .nullish(),
});
export type ChatRequest = z.output<typeof chatRequestSchema>;
export type ChatTool = z.output<typeof tool>;

/** @throws RefusedError `invalid`, worded as the server words it. */
export function parseChatRequest(body: unknown): ChatRequest {
  const parsed = chatRequestSchema.safeParse(body);
  if (!parsed.success) throw invalid(validationMessage(parsed.error.issues));
  refuseOutOfRange(parsed.data);
  refuseMedia(parsed.data);
  return parsed.data;
}

/** @throws RefusedError `invalid` for bytes that are not JSON. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalid(
      "1 validation error:\n  {'type': 'json_invalid', 'loc': ('body', 0), 'msg': 'JSON decode error'}",
    );
  }
}

/** Everything the messages say, which is what a prompt costs. */
export function promptText(request: ChatRequest): string {
  return request.messages.map(messageText).join('\n');
}

/** What the messages cost, without their separators: so a client can foresee it. */
export function promptCharacters(request: ChatRequest): number {
  return request.messages.reduce((sum, each) => sum + [...messageText(each)].length, 0);
}

export function messageText(entry: ChatRequest['messages'][number]): string {
  if (typeof entry.content === 'string') return entry.content;
  return (entry.content ?? []).map((part) => part.text ?? '').join('');
}

function refuseOutOfRange(request: ChatRequest): void {
  const maxTokens = request.max_completion_tokens ?? request.max_tokens;
  if (typeof maxTokens === 'number' && maxTokens < 1)
    throw invalid(`max_tokens must be at least 1, got ${maxTokens}.`, 'max_tokens');
  if (typeof request.n === 'number' && !(request.n >= 1 && request.n <= maxChoices))
    throw invalid(`n must be between 1 and ${maxChoices}, got ${request.n}.`, 'n');
  if (typeof request.temperature === 'number' && request.temperature < 0)
    throw invalid(`temperature must be non-negative, got ${request.temperature}.`, 'temperature');
  if (typeof request.top_p === 'number' && !(request.top_p > 0 && request.top_p <= 1))
    throw invalid(`top_p must be in (0, 1], got ${request.top_p}.`, 'top_p');
  if (request.stream_options && !request.stream)
    throw invalid('Stream options can only be defined when `stream=True`.', 'stream_options');
  if (request.top_logprobs && !request.logprobs)
    throw invalid('when using `top_logprobs`, `logprobs` must be set to true.', 'top_logprobs');
}

/** Every model of the fleet reads text alone. */
function refuseMedia({ messages }: ChatRequest): void {
  for (const { content } of messages) {
    if (typeof content === 'string') continue;
    for (const { type } of content ?? [])
      if (type !== 'text' && type !== 'refusal') throw invalid(`Unknown part type: ${type}`);
  }
}

function validationMessage(issues: readonly z.core.$ZodIssue[]): string {
  const lines = issues.map((issue) => {
    const location = ['body', ...issue.path].map((part) =>
      typeof part === 'number' ? String(part) : `'${String(part)}'`,
    );
    return `  {'type': '${issue.code}', 'loc': (${location.join(', ')}), 'msg': '${issue.message}'}`;
  });
  return `${issues.length} validation error${issues.length === 1 ? '' : 's'}:\n${lines.join('\n')}`;
}

function invalid(text: string, param: string | null = null): RefusedError {
  return new RefusedError({ kind: 'invalid', message: text, param });
}
