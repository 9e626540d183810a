import { describe, expect, test } from 'vitest';
import { SseDecoder } from '../../src/backends/sse.ts';
import { type Random, seededRandom } from '../../src/platform/random.ts';

const encoder = new TextEncoder();

function decode(...parts: readonly (string | Uint8Array)[]): string[] {
  const decoder = new SseDecoder();
  return parts.flatMap((part) => decoder.push(typeof part === 'string' ? encoder.encode(part) : part));
}

describe('what an event is', () => {
  test.each([
    ['data: a\n\n', ['a']],
    ['data: a\r\n\r\n', ['a']],
    ['data: a\r\rdata: b', ['a']],
    ['data:a\n\n', ['a']],
    ['data:  a\n\n', [' a']],
    ['data: a\ndata: b\n\n', ['a\nb']],
    ['data\n\n', ['']],
    ['data:\n\n', ['']],
    [': ping\n\n', []],
    [': ping\ndata: a\n\n', ['a']],
    ['event: x\nid: 7\nretry: 10\ndata: a\n\n', ['a']],
    ['database: a\n\n', []],
    ['\uFEFFdata: a\n\n', ['a']],
    ['data: a\n\n\n\ndata: b\n\n', ['a', 'b']],
    ['data: a\n', []],
    ['data: a', []],
  ])('%j holds %j', (stream, expected) => {
    expect(decode(stream)).toEqual(expected);
  });

  test('one push returns every event it completes', () => {
    const decoder = new SseDecoder();
    expect(decoder.push(encoder.encode('data: 1\n\ndata: 2\n\ndata: 3\n'))).toEqual(['1', '2']);
    expect(decoder.push(encoder.encode('\ndata: 4'))).toEqual(['3']);
  });

  test('a CRLF may come in two reads', () => {
    const decoder = new SseDecoder();
    expect([...decoder.push(encoder.encode('data: a\r\n\r'))]).toEqual([]);
    expect(decoder.push(encoder.encode('\ndata: b\r\n\r\n'))).toEqual(['a', 'b']);
  });
});

describe('what is no event stream', () => {
  test('bytes that are not UTF-8', () => {
    expect(() => decode(Uint8Array.of(0x64, 0xff))).toThrow(
      expect.objectContaining({ failure: { kind: 'malformed' } }),
    );
  });

  test.each([
    ['a line without end', 'x'],
    ['an event without end', 'data: many short lines\n'],
  ])('%s is cut off at the bound', (_name, piece) => {
    const decoder = new SseDecoder();
    const bytes = encoder.encode(piece.repeat(8_192));
    expect(() => {
      for (let pushed = 0; pushed < 2_097_152; pushed += bytes.length) decoder.push(bytes);
    }).toThrow(expect.objectContaining({ failure: { kind: 'malformed' } }));
  });
});

describe('however the bytes are split', () => {
  const ends = ['\n', '\r\n', '\r'] as const;
  const texts = ['', 'a', 'Grüße', '👩🏽‍🚀', '{"x":"\\n"}', '[DONE]', ' ', ':', '數據'];
  const others = [': comment', 'event: chunk', 'id: 1', 'retry: 3000', 'dataset: 1'];

  function pick<T>(random: Random, values: readonly T[]): T {
    return values[Math.floor(random() * values.length)]!;
  }

  /** A line with an end of its own choice; an LF for an empty one would only complete the CR before it. */
  function line(random: Random, before: string, text: string): string {
    const possible = text === '' && before.endsWith('\r') ? ends.slice(1) : ends;
    return before + text + pick(random, possible);
  }

  /** A stream and the data of its events. */
  function randomStream(random: Random): { stream: string; expected: string[] } {
    let stream = random() < 0.2 ? '\uFEFF' : '';
    const expected: string[] = [];
    for (let event = 0; event < 6; event++) {
      const data = Array.from({ length: Math.floor(random() * 3) }, () => pick(random, texts));
      for (const text of data) {
        if (random() < 0.3) stream = line(random, stream, pick(random, others));
        stream = line(random, stream, `data: ${text}`);
      }
      stream = line(random, stream, '');
      if (data.length > 0) expected.push(data.join('\n'));
    }
    // A CR at the very end might still become a CRLF, so its line is not over.
    return { stream: `${stream}:\n`, expected };
  }

  function* randomParts(random: Random, bytes: Uint8Array): Generator<Uint8Array> {
    for (let start = 0; start < bytes.length; ) {
      const end = Math.min(bytes.length, start + Math.floor(random() * 5));
      yield bytes.subarray(start, end);
      start = end;
    }
  }

  test('500 seeded streams decode to the same events, in any split and byte by byte', () => {
    let events = 0;
    for (let seed = 0; seed < 500; seed++) {
      const random = seededRandom(seed);
      const { stream, expected } = randomStream(random);
      const bytes = encoder.encode(stream);
      expect(decode(bytes), `seed ${seed}, whole`).toEqual(expected);
      expect(decode(...randomParts(random, bytes)), `seed ${seed}, split`).toEqual(expected);
      expect(decode(...Array.from(bytes, (byte) => Uint8Array.of(byte))), `seed ${seed}, bytes`).toEqual(
        expected,
      );
      events += expected.length;
    }
    expect(events).toBeGreaterThan(1_000);
  });
});
