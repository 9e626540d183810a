import { BackendError } from './failure.ts';

/**
 * Longest event accepted, in UTF-16 units. A chunk of a chat stream is a few hundred characters, one with many
 * alternatives and log probabilities some tens of thousands; an upstream that never ends its line must not fill the
 * isolate's 128 MB.
 */
const maxEventChars = 1_048_576;

/**
 * Incremental decoder of server-sent events, after the WHATWG HTML standard, section 9.2.6: all three line ends, a
 * byte order mark, comments and data over several lines. Only data is kept; chat streams use no other field.
 */
export class SseDecoder {
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  /** A line whose end has not come yet. */
  #line = '';
  /** Data lines of the event under way; undefined until its first. */
  #data: string | undefined;
  #endedInCr = false;

  /**
   * Data of each event these bytes complete, in order. The bytes may be cut anywhere, also inside a character.
   * Throws `malformed` on invalid UTF-8 and on an event over the bound; the decoder is then of no further use.
   */
  push(bytes: Uint8Array): string[] {
    const events: string[] = [];
    const text = this.#withPlainLineEnds(this.#decode(bytes));
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      this.#endLine(this.#line + text.slice(start, end), events);
      this.#line = '';
      start = end + 1;
    }
    this.#line += text.slice(start);
    if (this.#line.length + (this.#data?.length ?? 0) > maxEventChars)
      throw new BackendError({ kind: 'malformed' }, `an event of more than ${maxEventChars} characters`);
    return events;
  }

  #decode(bytes: Uint8Array): string {
    try {
      return this.#utf8.decode(bytes, { stream: true });
    } catch (error) {
      throw new BackendError({ kind: 'malformed' }, 'the stream is not UTF-8', { cause: error });
    }
  }

  /** CR and CRLF become LF. A CR at the very end ends its line at once; the LF that may follow is then dropped. */
  #withPlainLineEnds(decoded: string): string {
    if (decoded === '') return decoded;
    const text = this.#endedInCr && decoded.startsWith('\n') ? decoded.slice(1) : decoded;
    this.#endedInCr = text.endsWith('\r');
    return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  }

  #endLine(line: string, events: string[]): void {
    if (line === '') {
      if (this.#data !== undefined) events.push(this.#data);
      this.#data = undefined;
      return;
    }
    const value = dataOf(line);
    if (value === undefined) return;
    this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
  }
}

/** Value of a `data` field; undefined for a comment and for every other field. */
function dataOf(line: string): string | undefined {
  if (!line.startsWith('data')) return undefined;
  if (line.length === 4) return '';
  if (line[4] !== ':') return undefined;
  return line.slice(line[5] === ' ' ? 6 : 5);
}
