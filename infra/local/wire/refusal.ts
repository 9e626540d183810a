/** Why a model server turns a request down. Every protocol words these in its own way. */
export type Refusal =
  /** The request is at fault. */
  | { readonly kind: 'invalid'; readonly message: string; readonly param: string | null }
  | {
      readonly kind: 'context-exceeded';
      readonly contextTokens: number;
      readonly promptTokens: number;
      readonly outputTokens: number;
    }
  | { readonly kind: 'model-not-found'; readonly model: string }
  /** The waiting queue is full. */
  | { readonly kind: 'overloaded' }
  /** Told to fail. `code` is the protocol's own name of an error, where it should be a certain one. */
  | {
      readonly kind: 'told';
      readonly status: number;
      readonly code: string | undefined;
      readonly retryAfterS: number | undefined;
    };

/** A whole HTTP answer, ready to be sent. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export class RefusedError extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.kind);
    this.name = 'RefusedError';
    this.refusal = refusal;
  }
}

/** A failure of the envelope (credentials, address), which only the protocol itself knows how to answer. */
export class HttpError extends Error {
  readonly answer: HttpAnswer;

  constructor(answer: HttpAnswer) {
    super(`HTTP ${answer.status}`);
    this.name = 'HttpError';
    this.answer = answer;
  }
}

export function jsonAnswer(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** vLLM's wording, which clients match on. */
export function contextMessage(refusal: Extract<Refusal, { kind: 'context-exceeded' }>): string {
  const { contextTokens, promptTokens, outputTokens } = refusal;
  return (
    `This model's maximum context length is ${contextTokens} tokens. However, you requested ${outputTokens} output ` +
    `tokens and your prompt contains ${promptTokens} input tokens, for a total of ${promptTokens + outputTokens} ` +
    'tokens. Please reduce the length of the input prompt or the number of requested output tokens.'
  );
}
