import { createParser } from 'eventsource-parser';
import { z } from 'zod';

const chunkSchema = z.object({
  error: z.object({ message: z.string() }).nullish(),
  choices: z
    .array(
      z.object({
        delta: z.object({ content: z.string().nullish() }).optional(),
        finish_reason: z.string().nullish(),
      }),
    )
    .default([]),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
});

/** What a streamed answer amounted to. Times are the clock's, as given to `read`. */
export type AnswerEnd =
  | {
      readonly complete: true;
      readonly firstTokenAtMs: number;
      readonly lastTokenAtMs: number;
      readonly promptTokens: number | undefined;
      readonly outputTokens: number;
    }
  | { readonly complete: false; readonly reason: string };

/**
 * Follows one streamed answer. It is complete when a finish reason was seen after some content; an error event, an
 * unreadable one, or an end before that makes it a failure, however much text came first.
 */
export class AnswerReader {
  readonly #parser = createParser({ onEvent: (event) => this.#event(event.data) });
  #nowMs = 0;
  #firstTokenAtMs: number | undefined;
  #lastTokenAtMs = 0;
  #contentChunks = 0;
  #finished = false;
  #failure: string | undefined;
  #usage: { readonly prompt_tokens: number; readonly completion_tokens: number } | undefined;

  /** Takes what one network read brought; everything in it arrived at `nowMs`. */
  read(text: string, nowMs: number): void {
    this.#nowMs = nowMs;
    this.#parser.feed(text);
  }

  /** What it came to, once the stream has ended. */
  end(): AnswerEnd {
    if (this.#failure !== undefined) return { complete: false, reason: this.#failure };
    if (!this.#finished) return { complete: false, reason: 'stream cut before a finish reason' };
    if (this.#firstTokenAtMs === undefined) return { complete: false, reason: 'answer without content' };
    return {
      complete: true,
      firstTokenAtMs: this.#firstTokenAtMs,
      lastTokenAtMs: this.#lastTokenAtMs,
      promptTokens: this.#usage?.prompt_tokens,
      // Without a usage chunk: servers send a chunk per token, or nearly.
      outputTokens: this.#usage?.completion_tokens ?? this.#contentChunks,
    };
  }

  #event(data: string): void {
    if (data === '[DONE]' || this.#failure !== undefined) return;
    const chunk = chunkSchema.safeParse(parsed(data));
    if (!chunk.success) this.#failure = 'unreadable event in the stream';
    else if (chunk.data.error) this.#failure = `error event: ${chunk.data.error.message}`;
    else this.#chunk(chunk.data);
  }

  #chunk(chunk: z.output<typeof chunkSchema>): void {
    const [choice] = chunk.choices;
    if (choice?.delta?.content) {
      this.#firstTokenAtMs ??= this.#nowMs;
      this.#lastTokenAtMs = this.#nowMs;
      this.#contentChunks++;
    }
    if (choice?.finish_reason) this.#finished = true;
    if (chunk.usage) this.#usage = chunk.usage;
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
