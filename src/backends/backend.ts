import type { Endpoint, Variant } from '../routing/catalogue.ts';

/** A request body the gateway has accepted. Fields beyond the named ones pass through untouched. */
export interface ChatBody {
  readonly messages: readonly unknown[];
  readonly stream?: boolean | undefined;
  readonly [field: string]: unknown;
}

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly [field: string]: unknown;
}

/** One `chat.completion`, as the backend sent it; the gateway brings it into the published shape. */
export interface ChatCompletion {
  readonly choices: readonly {
    readonly message: object;
    readonly finish_reason: string;
    readonly [field: string]: unknown;
  }[];
  readonly usage?: Usage | null;
  readonly [field: string]: unknown;
}

/** One `chat.completion.chunk`, as the backend sent it. */
export interface ChatChunk {
  readonly choices: readonly {
    readonly index: number;
    readonly delta: { readonly content?: string | null; readonly [field: string]: unknown };
    readonly finish_reason?: string | null;
    readonly [field: string]: unknown;
  }[];
  readonly usage?: Usage | null;
  readonly [field: string]: unknown;
}

/** One inference on one variant. */
export interface BackendCall {
  readonly endpoint: Endpoint;
  readonly variant: Variant;
  /** The client's body. The backend puts the variant's model name and quality parameters over it. */
  readonly body: ChatBody;
  readonly requestId: string;
  /** Aborts the upstream request, also in the middle of a stream. */
  readonly signal: AbortSignal;
}

/**
 * A place that runs inference. Both calls throw `BackendError`, whose `failure` says what it means for the request
 * and for the endpoint, and the signal's reason when aborted.
 */
export interface Backend {
  complete(call: BackendCall): Promise<ChatCompletion>;
  /**
   * Resolves when the endpoint has accepted the request. Iterating yields the chunks in the batches in which they
   * arrived, so that whoever forwards them does one step per network read; the first batch holds the first content,
   * and nothing is yielded before a failure that precedes it. Iteration ends only after a finish reason was seen for
   * every choice; a stream cut before that throws `truncated`, one that says nothing `empty`. Leaving the loop, or
   * calling `return`, cancels the upstream at once.
   */
  stream(call: BackendCall): Promise<AsyncIterable<readonly ChatChunk[]>>;
}
