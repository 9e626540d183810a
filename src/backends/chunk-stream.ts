import { AnswerProgress, asChunk, emptyAnswer, parseAnswer } from './answer.ts';
import type { ChatChunk } from './backend.ts';
import type { ByteSource } from './byte-source.ts';
import { BackendError } from './failure.ts';
import { SseDecoder } from './sse.ts';

/** How a backend writes its chunks down. */
export interface Dialect {
  /** One parsed event as a chunk. Throws `BackendError` for an error and for anything else. */
  chunk(event: unknown): ChatChunk;
  /** The chunk that `[DONE]` stands for, in a dialect whose chunks have no finish reason. */
  last?(): ChatChunk | undefined;
}

/** OpenAI's own, which every backend but the older Workers AI models speaks. */
const openAiDialect: Dialect = { chunk: asChunk };

/** Chunks without content that are kept back at most; a server sends one per choice, for the role. */
const maxHeldChunks = 1_024;

/**
 * The chunks of one answer, one batch per network read. The first batch is the one with the first content: chunks
 * which only name the role wait for it, so that until then the request can still move to another variant.
 *
 * Ends only after a complete answer, otherwise throws: `truncated`, `malformed`, `empty`, what an error object in
 * the stream says, or the signal's reason. Leaving the loop cancels the upstream, at once. Not a generator, because
 * `return` of one that has not been started, or that waits for a read, would cancel nothing.
 */
export class ChunkStream implements AsyncIterableIterator<readonly ChatChunk[]> {
  readonly #source: ByteSource;
  readonly #dialect: Dialect;
  readonly #sse = new SseDecoder();
  readonly #progress: AnswerProgress;
  /** Chunks from before the first content. */
  #held: ChatChunk[] = [];
  #ended = false;
  /** What went wrong in a read that also brought good chunks; thrown after these were taken. */
  #failure: unknown;

  /** @param options.stop the request's stop words */
  constructor(source: ByteSource, options: { readonly dialect?: Dialect; readonly stop?: unknown } = {}) {
    this.#source = source;
    this.#dialect = options.dialect ?? openAiDialect;
    this.#progress = new AnswerProgress(options.stop);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<readonly ChatChunk[], undefined>> {
    while (!this.#ended) {
      const bytes = this.#failure === undefined ? await this.#read() : this.#fail(this.#failure);
      const batch = bytes === undefined ? this.#endOfBytes() : this.#decode(bytes);
      if (batch.length > 0) return { done: false, value: batch };
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<readonly ChatChunk[], undefined>> {
    if (!this.#ended) this.#source.cancel();
    this.#ended = true;
    return { done: true, value: undefined };
  }

  async #read(): Promise<Uint8Array | undefined> {
    try {
      return await this.#source.read();
    } catch (error) {
      // Nothing of the answer is missing when the connection breaks after the last finish reason.
      if (error instanceof BackendError && this.#progress.complete) return undefined;
      return this.#fail(error);
    }
  }

  #fail(error: unknown): never {
    this.#ended = true;
    this.#source.cancel();
    throw error;
  }

  /** The chunks of one read. After a failure those before it; the failure waits for the next call. */
  #decode(bytes: Uint8Array): readonly ChatChunk[] {
    const batch = this.#held;
    try {
      for (const data of this.#sse.push(bytes)) {
        const chunk = data === '[DONE]' ? this.#dialect.last?.() : this.#parse(data);
        if (chunk) {
          this.#progress.observe(chunk);
          batch.push(chunk);
        }
        if (data === '[DONE]') {
          this.#finish();
          break;
        }
      }
    } catch (error) {
      this.#failure = error;
    }
    return this.#release(batch);
  }

  #parse(data: string): ChatChunk | undefined {
    // An event without data keeps a connection alive.
    return data === '' ? undefined : this.#dialect.chunk(parseAnswer(data));
  }

  /** The batch once the answer has begun; until then it is kept. */
  #release(batch: ChatChunk[]): readonly ChatChunk[] {
    if (this.#progress.begun) {
      this.#held = [];
      return batch;
    }
    if (this.#failure === undefined && batch.length > maxHeldChunks)
      this.#failure = new BackendError({ kind: 'malformed' }, `${batch.length} chunks without content`);
    this.#held = batch;
    return [];
  }

  #endOfBytes(): readonly ChatChunk[] {
    const fault = this.#incompleteness();
    if (fault) this.#fail(fault);
    this.#ended = true;
    return [];
  }

  /** `[DONE]`: the answer ends here, and the rest of the body is read so that the connection can be used again. */
  #finish(): void {
    const fault = this.#incompleteness();
    if (fault) throw fault;
    this.#ended = true;
    this.#source.read().then(
      (rest) => rest && this.#source.cancel(),
      () => {},
    );
  }

  #incompleteness(): BackendError | undefined {
    if (!this.#progress.complete)
      return new BackendError({ kind: 'truncated' }, 'the stream ended before the answer did');
    return this.#progress.begun ? undefined : emptyAnswer();
  }
}
