import { z } from 'zod';
import type { Random } from '../../src/platform/random.ts';
import { exponential } from '../workloads/variates.ts';

const mostSeconds = 366 * 86_400;
const moment = z.number().min(0).max(mostSeconds);
/** At least a millisecond: windows without a length would follow each other for ever at one moment. */
const seconds = z.number().min(0.001).max(mostSeconds);
const windowSchema = z
  .strictObject({ fromS: moment, toS: moment })
  .refine(({ fromS, toS }) => fromS < toS, 'expected "fromS" to be below "toS"')
  .readonly();
const inOrder = (windows: readonly { fromS: number; toS: number }[]) =>
  windows.every(({ fromS }, index) => index === 0 || fromS > windows[index - 1]!.toS);

/** When something is so. Times are seconds since the simulation's first instant. */
export const scheduleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('always') }).readonly(),
  z
    .strictObject({
      kind: z.literal('windows'),
      windows: z
        .array(windowSchema)
        .min(1)
        .readonly()
        .refine(inOrder, 'expected windows in order of time, apart from each other'),
    })
    .readonly(),
  z
    .strictObject({
      kind: z.literal('drawn'),
      /** Means of two exponential laws that take turns: quiet first, then the window. */
      meanGapS: seconds,
      meanDurationS: seconds,
      fromS: moment.default(0),
      /** A window open by then closes. Absent: it goes on for ever. */
      untilS: moment.optional(),
    })
    .readonly(),
]);
export type Schedule = z.output<typeof scheduleSchema>;

export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The windows of a schedule, in order of time; as many as are asked for. */
export function* windowsOf(schedule: Schedule, random: Random): Generator<Window, void> {
  switch (schedule.kind) {
    case 'always':
      yield { fromMs: 0, toMs: Number.POSITIVE_INFINITY };
      break;
    case 'windows':
      for (const { fromS, toS } of schedule.windows) yield { fromMs: fromS * 1_000, toMs: toS * 1_000 };
      break;
    case 'drawn':
      yield* drawnWindows(schedule, random);
      break;
  }
}

function* drawnWindows(
  { meanGapS, meanDurationS, fromS, untilS = Number.POSITIVE_INFINITY }: Extract<Schedule, { kind: 'drawn' }>,
  random: Random,
): Generator<Window, void> {
  for (let atMs = fromS * 1_000; ; ) {
    const fromMs = atMs + exponential(random) * meanGapS * 1_000;
    atMs = fromMs + exponential(random) * meanDurationS * 1_000;
    if (fromMs >= untilS * 1_000) return;
    yield { fromMs, toMs: Math.min(atMs, untilS * 1_000) };
  }
}
