import { describe, expect, test } from 'vitest';
import type { ByteSource } from '../../src/backends/byte-source.ts';
import { ChunkStream } from '../../src/backends/chunk-stream.ts';
import { BackendError } from '../../src/backends/failure.ts';
import { batchesOf, chunksOf, failureOf, textOf } from '../support/backend-calls.ts';
import { events } from '../support/upstream.ts';

/** One read per part, then the end, or the error if the last part is one. */
function sourceOf(...parts: readonly (string | Error)[]): ByteSource & { readonly cancelled: () => boolean } {
  const left = [...parts];
  let cancelled = false;
  return {
    async read() {
      const part = left.shift();
      if (part instanceof Error) throw part;
      return part === undefined ? undefined : new TextEncoder().encode(part);
    },
    cancel() {
      cancelled = true;
    },
    cancelled: () => cancelled,
  };
}

function chunk(content: string, finish_reason: string | null = null, index = 0): object {
  return { choices: [{ index, delta: { content }, finish_reason }] };
}

const role = { choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] };
const usage = { choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } };

function failureOfStream(...parts: readonly (string | Error)[]) {
  return failureOf(chunksOf(new ChunkStream(sourceOf(...parts))));
}

describe('batches', () => {
  test('one per network read, whatever it holds', async () => {
    const parts = [
      events(chunk('a'), chunk('b')),
      ': ping\n\n',
      events(chunk('c')),
      events(chunk('', 'stop'), '[DONE]'),
    ];
    const batches = await batchesOf(new ChunkStream(sourceOf(...parts)));
    expect(batches.map((batch) => textOf(batch))).toEqual(['ab', 'c', '']);
  });

  test('the first has the first content: chunks with a role alone wait for it', async () => {
    const parts = [events(role), events(chunk('a')), events(chunk('', 'stop'))];
    const [first] = await batchesOf(new ChunkStream(sourceOf(...parts)));
    expect(first).toEqual([role, chunk('a')]);
  });

  test('what follows a [DONE] is not read as part of the answer', async () => {
    const stream = new ChunkStream(sourceOf(events(chunk('a', 'stop'), '[DONE]', 'rubbish')));
    expect(textOf(await chunksOf(stream))).toBe('a');
  });
});

describe('an answer is complete', () => {
  test('with a finish reason and no [DONE]', async () => {
    expect(await chunksOf(new ChunkStream(sourceOf(events(chunk('a', 'stop'), usage))))).toHaveLength(2);
  });

  test('when the connection breaks after the last finish reason', async () => {
    const cut = new BackendError({ kind: 'truncated' }, 'cut');
    expect(await chunksOf(new ChunkStream(sourceOf(events(chunk('a', 'stop')), cut)))).toHaveLength(1);
  });

  test('only when every choice has its finish reason', async () => {
    expect(await failureOfStream(events(chunk('a', 'stop', 0), chunk('b', null, 1), '[DONE]'))).toEqual({
      kind: 'truncated',
    });
    const both = events(chunk('a', 'stop', 0), chunk('b', 'length', 1));
    expect(await chunksOf(new ChunkStream(sourceOf(both)))).toHaveLength(2);
  });

  test('when a filter withheld it', async () => {
    expect(await chunksOf(new ChunkStream(sourceOf(events(chunk('', 'content_filter')))))).toHaveLength(1);
  });
});

describe('failures', () => {
  test.each([
    ['the end before any event', [], { kind: 'truncated' }],
    ['the end before a finish reason', [events(chunk('a'))], { kind: 'truncated' }],
    ['[DONE] before a finish reason', [events(chunk('a'), '[DONE]')], { kind: 'truncated' }],
    ['an event cut in two', [events(chunk('a')), 'data: {"choi'], { kind: 'truncated' }],
    ['what is no JSON', [events(chunk('a'), '{oops')], { kind: 'malformed' }],
    ['what is no chunk', [events({ hello: 1 })], { kind: 'malformed' }],
    ['a choice without delta', [events({ choices: [{ index: 0 }] })], { kind: 'malformed' }],
    ['an answer without content', [events(role), events(chunk('', 'stop'), '[DONE]')], { kind: 'empty' }],
    ['an error object', [events({ error: { message: 'x', code: 500 } })], { kind: 'failed', status: 500 }],
    ['an error object without code', [events({ error: { message: 'x' } })], { kind: 'failed', status: 500 }],
    ['an error object that says 429', [events({ error: { code: 429 } })], { kind: 'throttled' }],
    [
      'an error object that says overloaded',
      [events({ error: { type: 'overloaded_error' } })],
      { kind: 'throttled' },
    ],
    ['an error as text', [events({ error: 'boom', code: 503 })], { kind: 'unavailable' }],
    ["an error in vLLM's older shape", [events({ object: 'error', code: 400 })], { kind: 'rejected' }],
    ['endless chunks without content', [events(role).repeat(1_100)], { kind: 'malformed' }],
  ])('%s', async (_name, parts, expected) => {
    expect(await failureOfStream(...parts)).toMatchObject(expected);
  });

  test('the good chunks of the same read come first', async () => {
    const source = sourceOf(events(chunk('a'), chunk('b'), '{oops'));
    const stream = new ChunkStream(source);
    expect(textOf((await stream.next()).value ?? [])).toBe('ab');
    expect(await failureOf(stream.next())).toEqual({ kind: 'malformed' });
    expect(source.cancelled()).toBe(true);
    expect((await stream.next()).done).toBe(true);
  });

  test('nothing comes before a failure that precedes the content', async () => {
    const stream = new ChunkStream(sourceOf(events(role), events({ error: { code: 500 } })));
    expect(await failureOf(stream.next())).toEqual({ kind: 'failed', status: 500 });
  });
});

describe('leaving', () => {
  test('the loop cancels the upstream', async () => {
    const source = sourceOf(events(chunk('a')), events(chunk('b')));
    for await (const _batch of new ChunkStream(source)) break;
    expect(source.cancelled()).toBe(true);
  });

  test('before the first batch cancels it too', async () => {
    const source = sourceOf(events(chunk('a')));
    await new ChunkStream(source).return();
    expect(source.cancelled()).toBe(true);
  });

  test('a complete answer cancels nothing', async () => {
    const source = sourceOf(events(chunk('a', 'stop'), '[DONE]'));
    await chunksOf(new ChunkStream(source));
    expect(source.cancelled()).toBe(false);
  });

  test('a server that goes on after [DONE] is cut off', async () => {
    const source = sourceOf(events(chunk('a', 'stop'), '[DONE]'), 'more');
    await chunksOf(new ChunkStream(source));
    await Promise.resolve();
    expect(source.cancelled()).toBe(true);
  });
});
