import type { RecordedRequest } from './request.ts';

/** Compresses time: at speed 4 what arrived within an hour arrives within a quarter of one. Lengths stay. */
export function* compressed<R extends RecordedRequest>(requests: Iterable<R>, speed: number): Generator<R> {
  for (const request of requests) yield { ...request, arrivalMs: request.arrivalMs / speed };
}

/** The requests that arrive before `durationMs`. */
export function* until<R extends RecordedRequest>(requests: Iterable<R>, durationMs: number): Generator<R> {
  for (const request of requests) {
    if (request.arrivalMs >= durationMs) return;
    yield request;
  }
}
