import { BackendError } from './failure.ts';

/** The bytes of one answer as they come off the network. */
export interface ByteSource {
  /**
   * The bytes of the next network read, undefined at the end. Rejects with `BackendError` when the connection
   * breaks and with the signal's reason once that is aborted, also while waiting. One read at a time.
   */
  read(): Promise<Uint8Array | undefined>;
  /** Ends the upstream request. Does nothing after the end, or when called again. */
  cancel(): void;
}

/** A body of fetch, or of anything else that hands out web streams. */
export class StreamSource implements ByteSource {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #signal: AbortSignal;
  readonly #onAbort = () => this.cancel();

  constructor(body: ReadableStream<Uint8Array>, signal: AbortSignal) {
    this.#reader = body.getReader();
    this.#signal = signal;
    // Not every stream knows the signal its request was made with: the Workers AI binding's do not.
    signal.addEventListener('abort', this.#onAbort);
    if (signal.aborted) this.cancel();
  }

  async read(): Promise<Uint8Array | undefined> {
    try {
      const { done, value } = await this.#reader.read();
      if (!done) return value;
    } catch (error) {
      this.#fail(error);
    }
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#signal.throwIfAborted();
    return undefined;
  }

  cancel(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    // Rejects when the stream has failed already, and then there is nothing left to cancel.
    this.#reader.cancel().catch(() => {});
  }

  #fail(error: unknown): never {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#signal.throwIfAborted();
    throw new BackendError({ kind: 'truncated' }, 'the connection broke during the answer', { cause: error });
  }
}

/**
 * The whole answer as text. Throws `malformed` over `maxBytes`: neither a broken nor a hostile endpoint may fill
 * the isolate's memory.
 */
export async function readText(source: ByteSource, maxBytes: number): Promise<string> {
  const utf8 = new TextDecoder();
  let text = '';
  let size = 0;
  for (let bytes = await source.read(); bytes !== undefined; bytes = await source.read()) {
    size += bytes.byteLength;
    if (size > maxBytes) {
      source.cancel();
      throw answerTooLarge(maxBytes);
    }
    text += utf8.decode(bytes, { stream: true });
  }
  return text + utf8.decode();
}

/** The beginning of an answer as text: what comes before it ends, breaks off, or has more than `maxBytes`. */
export async function readBeginning(source: ByteSource, maxBytes: number): Promise<string> {
  const utf8 = new TextDecoder();
  let text = '';
  try {
    for (let left = maxBytes; left > 0; ) {
      const bytes = await source.read();
      if (bytes === undefined) return text;
      text += utf8.decode(bytes.subarray(0, left), { stream: true });
      left -= bytes.byteLength;
    }
  } catch (error) {
    if (!(error instanceof BackendError && error.failure.kind === 'truncated')) throw error;
  }
  source.cancel();
  return text;
}

export function answerTooLarge(maxBytes: number): BackendError {
  return new BackendError({ kind: 'malformed' }, `an answer of more than ${maxBytes} bytes`);
}
