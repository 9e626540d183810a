import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BackendError } from '../../src/backends/failure.ts';
import { Attempt } from '../../src/gateway/attempt.ts';
import type { ChatRequest } from '../../src/gateway/chat-request.ts';
import type { RequestContext } from '../../src/gateway/context.ts';
import { observation } from '../support/observations.ts';

describe('an attempt', () => {
  let client: AbortController;
  const body = { model: 'auto', messages: [] } as unknown as ChatRequest;

  /** Only what an attempt asks of its surroundings. */
  const start = () => {
    const context = { gateway: { clock: () => Date.now() }, requestId: 'r', clientSignal: client.signal };
    const attempt = new Attempt(context as unknown as RequestContext, observation().actions[0]!, undefined);
    return { attempt, signal: attempt.call(body).signal };
  };

  beforeEach(() => {
    vi.useFakeTimers();
    client = new AbortController();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is called off with a timeout when nothing comes within the time allowed', () => {
    const { attempt, signal } = start();
    attempt.expectProgressWithin(100);
    vi.advanceTimersByTime(99);
    expect(signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(signal.reason).toBeInstanceOf(BackendError);
    expect((signal.reason as BackendError).failure.kind).toBe('timeout');
  });

  it('goes on as long as each token comes in time', () => {
    const { attempt, signal } = start();
    for (let token = 0; token < 50; token++) {
      attempt.expectProgressWithin(100);
      vi.advanceTimersByTime(90);
    }
    expect(signal.aborted).toBe(false);
    vi.advanceTimersByTime(101);
    expect(signal.aborted).toBe(true);
  });

  it('does not wait for the next token as long as it would have for the first', () => {
    const { attempt, signal } = start();
    attempt.expectProgressWithin(60_000);
    vi.advanceTimersByTime(1_000);
    attempt.expectProgressWithin(100);
    vi.advanceTimersByTime(100);
    expect(signal.aborted).toBe(true);
  });

  it('does not take a client that reads slowly for an endpoint that is dead', () => {
    const { attempt, signal } = start();
    attempt.expectProgressWithin(100);
    attempt.pauseWaiting();
    vi.advanceTimersByTime(60_000);
    expect(signal.aborted).toBe(false);
    attempt.expectProgressWithin(100);
    vi.advanceTimersByTime(100);
    expect(signal.aborted).toBe(true);
  });

  it('ends with its client', () => {
    const { signal } = start();
    client.abort(new Error('gone'));
    expect(signal.aborted).toBe(true);
    expect(start().signal.aborted).toBe(true);
  });

  it('takes no more notice of its client or the time once its answer is whole', () => {
    const { attempt, signal } = start();
    attempt.expectProgressWithin(100);
    attempt.end();
    client.abort(new Error('gone'));
    vi.advanceTimersByTime(1_000);
    expect(signal.aborted).toBe(false);
  });
});
