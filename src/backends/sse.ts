import { createParser } from 'eventsource-parser';
import { BackendError } from './failure.ts';

/**
 * Longest event accepted, in UTF-16 units. A chunk of a chat stream is a few hundred characters, one with many
 * alternatives and log probabilities some tens of thousands; an upstream that never ends its line must not fill the
 * isolate's 128 MB.
 */
const maxEventChars = 1_048_576;

/** Server-sent events out of bytes, each event as its data alone: chat streams use no other field. */
export class SseDecoder {
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  readonly #parser = createParser({
    onEvent: ({ data }) => this.#events.push(data),
    onError: ({ type, message }) => {
      if (type === 'max-buffer-size-exceeded') throw new BackendError({ kind: 'malformed' }, message);
    },
    maxBufferSize: maxEventChars,
  });
  /** Events completed by the push under way. */
  #events: string[] = [];

  /**
   * Data of each event these bytes complete, in order. The bytes may be cut anywhere, also inside a character.
   * Throws `malformed` on invalid UTF-8 and on an event over the bound; the decoder is then of no further use.
   */
  push(bytes: Uint8Array): readonly string[] {
    this.#events = [];
    this.#parser.feed(this.#decode(bytes));
    return this.#events;
  }

  #decode(bytes: Uint8Array): string {
    try {
      return this.#utf8.decode(bytes, { stream: true });
    } catch (error) {
      throw new BackendError({ kind: 'malformed' }, 'the stream is not UTF-8', { cause: error });
    }
  }
}
