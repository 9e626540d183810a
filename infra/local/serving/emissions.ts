import { setTimeout as pause } from 'node:timers/promises';

/** One token of one choice. */
export interface Emission {
  readonly choice: number;
  /** When it was computed, on the GPU's timeline; whoever reads it may be later. */
  readonly atMs: number;
}

/** Tokens as they come, in batches of what came since the reader last looked. Ends after the last one. */
export type Emissions = AsyncIterable<readonly Emission[]>;

/** The producing end of `Emissions`: any number of pushes, one reader. */
export class EmissionQueue implements Emissions {
  #pending: Emission[] = [];
  #ended = false;
  #wake: () => void = () => {};

  push(emission: Emission): void {
    this.#pending.push(emission);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly Emission[]> {
    while (true) {
      if (this.#pending.length > 0) {
        const batch = this.#pending;
        this.#pending = [];
        yield batch;
      } else if (this.#ended) return;
      else {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#wake = resolve;
        await promise;
      }
    }
  }
}

/** Only the first `tokens` of them. */
export async function* take(source: Emissions, tokens: number): AsyncGenerator<readonly Emission[]> {
  let left = tokens;
  if (left <= 0) return;
  for await (const batch of source) {
    yield batch.slice(0, left);
    left -= batch.length;
    if (left <= 0) return;
  }
}

/**
 * No token earlier than the law allows: the first after `firstAfterMs`, the others one by one, `gapMs` apart.
 * @param signal ends the waiting, and the emissions.
 */
export async function* paced(
  source: Emissions,
  pace: { readonly firstAfterMs: number; readonly gapMs: number },
  signal: AbortSignal,
): AsyncGenerator<readonly Emission[]> {
  let nextMs = performance.now() + pace.firstAfterMs;
  for await (const batch of source) {
    for (const emission of batch) {
      await pauseUntil(nextMs, signal);
      if (signal.aborted) return;
      nextMs = Math.max(nextMs, performance.now()) + pace.gapMs;
      yield [emission];
    }
  }
}

async function pauseUntil(atMs: number, signal: AbortSignal): Promise<void> {
  const waitMs = atMs - performance.now();
  if (waitMs > 0) await pause(waitMs, undefined, { signal }).catch(() => {});
}
