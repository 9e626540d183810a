import { EventStreamCodec } from '@smithy/core/event-streams';
import { describe, expect, test } from 'vitest';
import { partsPerRead } from '../../src/backends/frames.ts';
import { seededRandom } from '../../src/platform/random.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const codec = new EventStreamCodec(
  (bytes) => decoder.decode(Buffer.from(bytes)),
  (text) => encoder.encode(text),
);

function frame(headers: Readonly<Record<string, string>>, body: string): Uint8Array {
  const typed = Object.entries(headers).map(([name, value]) => [name, { type: 'string', value }]);
  return codec.encode({ headers: Object.fromEntries(typed), body: encoder.encode(body) });
}

const part = (body: string) => frame({ ':message-type': 'event', ':event-type': 'PayloadPart' }, body);

const exception = frame({ ':message-type': 'exception', ':exception-type': 'ModelStreamError' }, '{}');

function damaged(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, index) => (index === bytes.length - 1 ? byte ^ 0xff : byte));
}

/** A stream whose every part is one read. */
function streamOf(...reads: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const left = [...reads];
  return new ReadableStream({
    pull(controller) {
      const read = left.shift();
      if (read) controller.enqueue(read);
      else controller.close();
    },
  });
}

/** Bodies of the parts that come out, and the error at the end. */
async function read(...reads: readonly Uint8Array[]): Promise<{ parts: string[]; error?: unknown }> {
  const parts: string[] = [];
  try {
    // The SDK's part of the work: whatever it does not know, it marks so.
    const shape = async (event: Record<string, { body: Uint8Array }>) =>
      event.PayloadPart ? decoder.decode(event.PayloadPart.body) : { $unknown: event };
    for await (const body of partsPerRead({}).deserialize(streamOf(...reads), shape))
      parts.push(String(body));
  } catch (error) {
    return { parts, error };
  }
  return { parts };
}

describe('parts', () => {
  test('of one read become one', async () => {
    const reads = [Buffer.concat([part('a'), part('b'), part('c')]), part('d')];
    expect(await read(...reads)).toEqual({ parts: ['abc', 'd'] });
  });

  test('come together however the bytes are split: 300 seeded splits', async () => {
    const texts = ['', 'a', 'naïf', '👩🏽‍🚀', 'x'.repeat(300)];
    for (let seed = 0; seed < 300; seed++) {
      const random = seededRandom(seed);
      const chosen = Array.from({ length: 6 }, () => texts[Math.floor(random() * texts.length)]!);
      const bytes = Buffer.concat(chosen.map(part));
      const reads: Uint8Array[] = [];
      for (let start = 0; start < bytes.length; ) {
        const end = start + 1 + Math.floor(random() * 80);
        reads.push(bytes.subarray(start, end));
        start = end;
      }
      const { parts, error } = await read(...reads);
      expect(error, `seed ${seed}`).toBeUndefined();
      expect(parts.join(''), `seed ${seed}`).toBe(chosen.join(''));
    }
  });

  test('are not disturbed by events of another kind', async () => {
    const other = frame({ ':message-type': 'event', ':event-type': 'FromTheFuture' }, '{}');
    expect(await read(Buffer.concat([part('a'), other, part('b')]))).toEqual({ parts: ['a', 'b'] });
  });
});

describe('the parts before a fault in the same read come first', () => {
  test.each([
    ['an exception', exception, 'ModelStreamError'],
    [
      'an error without model',
      frame({ ':message-type': 'error', ':error-code': 'Oops', ':error-message': 'x' }, ''),
      'Oops',
    ],
    ['a wrong checksum', damaged(part('x')), 'Error'],
    ['the end inside a frame', part('x').subarray(0, 20), 'Error'],
    ['an impossible size', Uint8Array.of(0, 0, 0, 3, 0, 0, 0, 0), 'Error'],
    ['a size beyond all bounds', Uint8Array.of(0xff, 0xff, 0xff, 0xff), 'Error'],
  ])('%s', async (_name, fault, name) => {
    const { parts, error } = await read(Buffer.concat([part('a'), part('b'), fault]));
    expect(parts).toEqual(['ab']);
    expect(error).toMatchObject({ name });
  });
});
