import { expect, test } from 'vitest';
import { readText, StreamSource } from '../../src/backends/byte-source.ts';
import { failureOf } from '../support/backend-calls.ts';

const reason = new Error('the client has gone');

/** A stream that knows nothing of any signal, and whether it was cancelled. */
function deafStream(...parts: readonly string[]) {
  const state: { cancelledWith?: unknown } = {};
  const left = parts.map((part) => new TextEncoder().encode(part));
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const part = left.shift();
      if (part) controller.enqueue(part);
    },
    cancel(cause) {
      state.cancelledWith = cause ?? 'no cause';
    },
  });
  return { stream, state };
}

test('an abort ends the wait for a stream that does not hear the signal, and cancels it', async () => {
  const { stream, state } = deafStream('a');
  const leaving = new AbortController();
  const source = new StreamSource(stream, leaving.signal);
  expect(await source.read()).toHaveLength(1);
  const waiting = source.read();
  leaving.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  expect(state).toHaveProperty('cancelledWith');
});

test('a signal that is aborted already cancels the stream unread', async () => {
  const { stream, state } = deafStream('a');
  await expect(new StreamSource(stream, AbortSignal.abort(reason)).read()).rejects.toBe(reason);
  expect(state).toHaveProperty('cancelledWith');
});

test('a stream that fails is truncated', async () => {
  const stream = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error('cut')) });
  const source = new StreamSource(stream, new AbortController().signal);
  expect(await failureOf(source.read())).toEqual({ kind: 'truncated' });
});

test('text longer than its bound is malformed, and the rest is not read', async () => {
  const { stream, state } = deafStream('12345', '67890', 'x');
  const source = new StreamSource(stream, new AbortController().signal);
  expect(await failureOf(readText(source, 9))).toEqual({ kind: 'malformed' });
  expect(state).toHaveProperty('cancelledWith');
});

test('text comes together however its characters are split', async () => {
  const bytes = new TextEncoder().encode('naïf 👩🏽‍🚀');
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  expect(await readText(new StreamSource(stream, new AbortController().signal), 100)).toBe('naïf 👩🏽‍🚀');
});
