import { asChunk } from './answer.ts';
import type { ChatChunk, Usage } from './backend.ts';
import type { Dialect } from './chunk-stream.ts';
import type { Payload } from './payload.ts';
import { isRecord } from './upstream-error.ts';
import { usageOf } from './usage.ts';
import { workersAiStreamFailure } from './workers-ai-failure.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * An answer of either generation in OpenAI's shape. The older models answer
 * `{ response, tool_calls?: [{ name, arguments }], usage? }` and never say why they stopped.
 */
export function completionOf(answer: unknown, inputs: Payload): unknown {
  if (!isRecord(answer) || Array.isArray(answer.choices) || !isResponse(answer)) return withoutError(answer);
  const toolCalls = toolCallsOf(answer.tool_calls);
  const usage = usageOf(answer.usage);
  return {
    object: 'chat.completion',
    model: inputs.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: textOf(answer.response),
          ...(toolCalls && { tool_calls: toolCalls }),
        },
        finish_reason: finishReason(toolCalls !== undefined, usage, inputs),
      },
    ],
    ...(usage && { usage }),
  };
}

/**
 * The events of either generation. An older model's are `{ response, tool_calls?, usage? }`; it marks the end of the
 * answer by `[DONE]` alone, so that this is where its finish reason is made.
 */
export class WorkersAiDialect implements Dialect {
  readonly #inputs: Payload;
  #older = false;
  #toolCalls = 0;
  #usage: Usage | undefined;

  constructor(inputs: Payload) {
    this.#inputs = inputs;
  }

  chunk(event: unknown): ChatChunk {
    if (!isRecord(event) || 'choices' in event || !isResponse(event)) return asChunk(withoutError(event));
    this.#older = true;
    const toolCalls = toolCallsOf(event.tool_calls, this.#toolCalls);
    this.#toolCalls += toolCalls?.length ?? 0;
    this.#usage = usageOf(event.usage) ?? this.#usage;
    return this.#chunkOf(
      { content: textOf(event.response), ...(toolCalls && { tool_calls: toolCalls }) },
      null,
    );
  }

  last(): ChatChunk | undefined {
    if (!this.#older) return undefined;
    const reason = finishReason(this.#toolCalls > 0, this.#usage, this.#inputs);
    return { ...this.#chunkOf({}, reason), ...(this.#usage && { usage: this.#usage }) };
  }

  #chunkOf(delta: ChatChunk['choices'][number]['delta'], finishReason: string | null): ChatChunk {
    return {
      object: 'chat.completion.chunk',
      model: this.#inputs.model,
      choices: [{ index: 0, delta, finish_reason: finishReason }],
    };
  }
}

/** The event, unless it is an error in Workers AI's own words. */
function withoutError(event: unknown): unknown {
  const failure = isRecord(event) && isRecord(event.error) ? workersAiStreamFailure(event.error) : undefined;
  if (failure) throw failure;
  return event;
}

function isResponse(answer: Fields): boolean {
  return 'response' in answer || Array.isArray(answer.tool_calls);
}

/** In JSON mode the older models answer with the parsed object. */
function textOf(response: unknown): string | null {
  if (typeof response === 'string') return response;
  return response === null || response === undefined ? null : JSON.stringify(response);
}

/** @param before calls of the same answer that have come before these */
function toolCallsOf(value: unknown, before = 0): readonly object[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return value.filter(isRecord).map((call, index) => toolCall(call, before + index));
}

/** The older form has no id; the position in the answer makes one that is unique within it. */
function toolCall(call: Fields, index: number): object {
  if (isRecord(call.function)) return { index, ...call };
  const written = typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments ?? {});
  return {
    index,
    id: `call_${index}`,
    type: 'function',
    function: { name: call.name, arguments: written },
  };
}

/** Output as long as its bound was cut there: Workers AI reports the bound no other way. */
function finishReason(calledTools: boolean, usage: Usage | undefined, { max_tokens }: Payload): string {
  if (calledTools) return 'tool_calls';
  const cut = typeof max_tokens === 'number' && usage !== undefined && usage.completion_tokens >= max_tokens;
  return cut ? 'length' : 'stop';
}
