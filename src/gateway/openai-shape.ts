import type { ChatChunk, ChatCompletion, Usage } from '../backends/backend.ts';
import type { ChatRequest } from './chat-request.ts';
import { servedTier } from './hints.ts';

/**
 * Model servers speak dialects of OpenAI's answers: fields are missing that the published schema requires, others
 * are null where it allows none. Here they are brought into its shape; what it does not mention passes through.
 */

/** What every answer of one request has in common. */
export interface Identity {
  readonly id: string;
  /** Unix time, seconds. */
  readonly created: number;
  /** The catalogue's name of the model that answered. */
  readonly model: string;
  /** As OpenAI has it, only where the request asked for one. */
  readonly service_tier?: string;
}

/** @param model the catalogue's name of it */
export function identityOf(requestId: string, model: string, request: ChatRequest): Identity {
  return {
    id: `chatcmpl-${requestId}`,
    created: Math.floor(Date.now() / 1000),
    model,
    ...servedTier(request),
  };
}

const finishReasons = new Set(['stop', 'length', 'tool_calls', 'content_filter', 'function_call']);

export function toCompletion(raw: ChatCompletion, identity: Identity): Record<string, unknown> {
  return {
    ...withoutNulls(raw),
    ...identity,
    object: 'chat.completion',
    choices: raw.choices.map((choice, index) => ({
      ...withoutNulls(choice),
      index,
      message: toMessage(choice.message as Record<string, unknown>),
      logprobs: toLogprobs(choice.logprobs),
      finish_reason: toFinishReason(choice.finish_reason),
    })),
    ...(raw.usage == null ? {} : { usage: toUsage(raw.usage) }),
  };
}

/** What the chunks of one stream share. */
export interface StreamShape {
  readonly identity: Identity;
  /** Whether the client asked for usage; otherwise it is the gateway's alone. */
  readonly keepUsage: boolean;
  /** Choices that have begun: the first delta of each names the role, also where the endpoint leaves it out. */
  readonly begun: Set<number>;
}

export function toChunk(
  raw: ChatChunk,
  { identity, keepUsage, begun }: StreamShape,
): Record<string, unknown> {
  const { usage: _reportedAtTheEnd, ...rest } = raw;
  const chunk: Record<string, unknown> = {
    ...withoutNulls(rest),
    ...identity,
    object: 'chat.completion.chunk',
    choices: raw.choices.map((choice) => {
      const finished = choice.finish_reason ?? null;
      return {
        ...withoutNulls(choice),
        index: choice.index,
        delta: begun.has(choice.index)
          ? toDelta(choice.delta)
          : { role: 'assistant', ...toDelta(choice.delta) },
        logprobs: toLogprobs(choice.logprobs),
        finish_reason: finished === null ? null : toFinishReason(finished),
      };
    }),
  };
  for (const { index } of raw.choices) begun.add(index);
  if (keepUsage) chunk.usage = null;
  return chunk;
}

/** The chunk that reports usage: without choices, and the last one, wherever the endpoint reports it. */
export function toUsageChunk(usage: Usage, { identity }: StreamShape): Record<string, unknown> {
  return { ...identity, object: 'chat.completion.chunk', choices: [], usage: toUsage(usage) };
}

function toMessage(message: Record<string, unknown>): Record<string, unknown> {
  return {
    ...withoutEmptyToolCalls(withoutNulls(message)),
    role: 'assistant',
    content: message.content ?? null,
    refusal: message.refusal ?? null,
  };
}

function toDelta(delta: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return withoutEmptyToolCalls(withoutNulls(delta));
}

/** vLLM sends `tool_calls: []` with plain text, which clients take for a tool call that never comes. */
function withoutEmptyToolCalls(message: Record<string, unknown>): Record<string, unknown> {
  if (Array.isArray(message.tool_calls) && message.tool_calls.length === 0) delete message.tool_calls;
  return message;
}

function toLogprobs(logprobs: unknown): object | null {
  if (typeof logprobs !== 'object' || logprobs === null) return null;
  return { content: null, refusal: null, ...logprobs };
}

/** Reasons outside the published list (`eos_token`, `abort` …) say that the model stopped by itself. */
function toFinishReason(reason: string): string {
  return finishReasons.has(reason) ? reason : 'stop';
}

function toUsage(usage: Usage): Record<string, unknown> {
  return withoutNulls(usage);
}

function withoutNulls(value: object): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const key in value) {
    const field = (value as Record<string, unknown>)[key];
    if (field !== null) kept[key] = field;
  }
  return kept;
}
