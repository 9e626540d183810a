import type { Random } from '../../../src/platform/random.ts';
import type { Recording } from '../generate.ts';
import { lognormal } from '../variates.ts';

/** A recorded request and when it arrived, since the recording's first instant. */
export type TimedRecording = Recording & { readonly arrivalMs: number };

/** Which part of a recording is played, and how fast. */
export interface Playback {
  /** Where it begins, in the recording's own time; `drawn`: anywhere it still fits, all alike. */
  readonly startMs: number | 'drawn';
  /** How long it lasts as played. */
  readonly durationMs: number;
  readonly speed: number;
  /** Sigma of the lognormal factor of mean 1 on each gap. */
  readonly jitter: number;
}

/**
 * How long a recording lasts: to its last request and one mean gap beyond, so that requests by length is its rate.
 * `requests` are in order of arrival.
 */
export function recordingMs(requests: readonly TimedRecording[]): number {
  const last = requests.at(-1)?.arrivalMs ?? 0;
  return requests.length < 2 ? last : (last * requests.length) / (requests.length - 1);
}

/** The requests of one playback, at its own times from 0 on. Goes on after its duration, to the recording's end. */
export function* played(
  requests: readonly TimedRecording[],
  { startMs, durationMs, speed, jitter }: Playback,
  random: Random,
): Generator<{ readonly atMs: number; readonly recorded: TimedRecording }> {
  const room = Math.max(0, recordingMs(requests) - durationMs * speed);
  const beginMs = startMs === 'drawn' ? room * random() : startMs;
  const stretch = jitter === 0 ? () => 1 : lognormal(1, jitter);
  let previousMs = beginMs;
  let atMs = 0;
  for (let index = firstFrom(requests, beginMs); index < requests.length; index++) {
    const recorded = requests[index]!;
    atMs += ((recorded.arrivalMs - previousMs) / speed) * stretch(random);
    previousMs = recorded.arrivalMs;
    yield { atMs, recorded };
  }
}

/** Index of the first request that does not arrive before `fromMs`. */
function firstFrom(requests: readonly TimedRecording[], fromMs: number): number {
  let low = 0;
  let high = requests.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (requests[middle]!.arrivalMs < fromMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
