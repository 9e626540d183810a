import type { ChatChunk, ChatCompletion, Usage } from './backend.ts';
import { BackendError } from './failure.ts';
import { errorInAnswer, isRecord, upstreamErrorIn } from './upstream-error.ts';
import { usageOf } from './usage.ts';

/**
 * Largest JSON answer read. 128k output tokens are about 600 kB; log probabilities with 20 alternatives make forty
 * times that.
 */
export const maxAnswerBytes = 32 * 1_048_576;

/** Text of an answer as the value it holds. Throws `malformed` when it is not JSON. */
export function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BackendError({ kind: 'malformed' }, 'the answer is not JSON', { cause: error });
  }
}

/**
 * A `chat.completion` that can be handed on. Throws the failure inside an error object, `malformed` for any other
 * shape, `empty` for an answer which holds nothing.
 * @param stop the request's stop words
 */
export function asCompletion(answer: unknown, stop: unknown): ChatCompletion {
  const error = upstreamErrorIn(answer);
  if (error) throw errorInAnswer(error);
  if (!isCompletion(answer))
    throw new BackendError({ kind: 'malformed' }, 'the answer is no chat completion');
  const empty = answer.choices.every(
    ({ message, finish_reason }) => !holdsContent(message) && !mayHoldNothing(finish_reason, stop),
  );
  if (empty) throw emptyAnswer();
  return withUsageChecked(answer);
}

function isCompletion(answer: unknown): answer is ChatCompletion {
  return (
    isRecord(answer) &&
    Array.isArray(answer.choices) &&
    answer.choices.every(
      (choice) => isRecord(choice) && isRecord(choice.message) && typeof choice.finish_reason === 'string',
    )
  );
}

/** A whole answer as the stream of a single chunk, for an endpoint that cannot stream. */
export async function* asStream(answer: ChatCompletion): AsyncGenerator<readonly ChatChunk[]> {
  const choices = answer.choices.map(({ message, ...choice }, index) => ({
    index,
    ...choice,
    delta: withCallsNumbered(message),
  }));
  yield [{ ...answer, object: 'chat.completion.chunk', choices }];
}

/** In a delta, unlike in a message, every call says which one it is. */
function withCallsNumbered(message: object): ChatChunk['choices'][number]['delta'] {
  if (!('tool_calls' in message) || !Array.isArray(message.tool_calls)) return { ...message };
  return { ...message, tool_calls: message.tool_calls.map((call: object, index) => ({ index, ...call })) };
}

/** One event of a stream, parsed. Throws as `asCompletion` does; an empty chunk is allowed. */
export function asChunk(event: unknown): ChatChunk {
  const error = upstreamErrorIn(event);
  if (error) throw errorInAnswer(error);
  if (!isChunk(event)) throw new BackendError({ kind: 'malformed' }, 'an event of the stream is no chunk');
  return withUsageChecked(event);
}

function isChunk(event: unknown): event is ChatChunk {
  return isRecord(event) && Array.isArray(event.choices) && event.choices.every(isChunkChoice);
}

function isChunkChoice(choice: unknown): boolean {
  return isRecord(choice) && typeof choice.index === 'number' && isRecord(choice.delta);
}

/** The answer without its usage where that is no count of tokens. */
function withUsageChecked<Answer extends { readonly usage?: Usage | null }>(answer: Answer): Answer {
  return answer.usage == null ? answer : { ...answer, usage: usageOf(answer.usage) ?? null };
}

/**
 * Whether a message or a delta says anything: text, a tool call, a refusal, reasoning, audio, or whatever a server
 * adds to that list. The role alone is no answer.
 */
export function holdsContent(message: object): boolean {
  return Object.entries(message).some(
    ([field, value]) =>
      field !== 'role' &&
      value !== null &&
      value !== undefined &&
      value !== '' &&
      !(Array.isArray(value) && value.length === 0),
  );
}

/**
 * Whether an answer that ends for this reason may hold nothing: a filter withheld it, or a bound or stop word of the
 * client's came before its first word. Were that a failure, any client could make every endpoint look broken.
 */
function mayHoldNothing(finishReason: string | null | undefined, stop: unknown): boolean {
  if (finishReason === 'stop') return stop != null;
  return finishReason === 'length' || finishReason === 'content_filter';
}

export function emptyAnswer(): BackendError {
  return new BackendError({ kind: 'empty' }, 'the endpoint answered without content');
}

/**
 * How far a streamed answer has come. It is complete when every choice that appeared has had its finish reason;
 * `[DONE]` is a courtesy that not every server shows, and no server's stream is complete because it ended.
 */
export class AnswerProgress {
  readonly #stop: unknown;
  readonly #appeared = new Set<number>();
  readonly #finished = new Set<number>();
  #begun = false;

  /** @param stop the request's stop words */
  constructor(stop: unknown) {
    this.#stop = stop;
  }

  observe(chunk: ChatChunk): void {
    for (const choice of chunk.choices) {
      this.#appeared.add(choice.index);
      if (choice.finish_reason) this.#finished.add(choice.index);
      this.#begun ||= holdsContent(choice.delta) || mayHoldNothing(choice.finish_reason, this.#stop);
    }
  }

  /** Whether the first content has come, or an end that may come without any. */
  get begun(): boolean {
    return this.#begun;
  }

  get complete(): boolean {
    return this.#appeared.size > 0 && this.#finished.size === this.#appeared.size;
  }
}
