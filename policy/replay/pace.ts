import type { Clock } from '../../src/platform/clock.ts';

/** Sends in a row, without letting answers in, at most: a client that is behind must still read. */
const burst = 16;
/** Timers end at once when told to wait longer than this, some 25 days. */
const longestWaitMs = 2 ** 31 - 1;

export interface PaceOptions {
  readonly clock: Clock;
  /** Resolves after `ms` (0: as soon as others had their turn), or as soon as the signal aborts. */
  readonly wait: (ms: number) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Open loop: starts each item at its own time, whatever became of those before it, because users do not wait for
 * each other. Calls `start` with how late it is, in milliseconds. Ends after the last one, or when aborted.
 */
export async function pace<T extends { readonly arrivalMs: number }>(
  items: Iterable<T>,
  start: (item: T, lagMs: number) => void,
  options: PaceOptions,
): Promise<void> {
  const { clock, wait, signal } = options;
  const beganMs = clock();
  let inARow = 0;
  for (const item of items) {
    let lagMs = clock() - beganMs - item.arrivalMs;
    while ((lagMs < 0 || inARow >= burst) && !signal.aborted) {
      await wait(Math.min(Math.max(0, -lagMs), longestWaitMs));
      inARow = 0;
      lagMs = clock() - beganMs - item.arrivalMs;
    }
    if (signal.aborted) return;
    start(item, lagMs);
    inARow++;
  }
}
