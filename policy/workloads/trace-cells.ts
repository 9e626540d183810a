import { type Cell, numberCell, wholeNumberCell } from '../csv/cell.ts';

/** Longest prompt or answer believed; today's longest contexts are a tenth of it. */
const mostTokens = 10_000_000;
/** Latest arrival and longest time believed: a leap year. */
const mostMs = 366 * 86_400_000;

export const tokensCell = wholeNumberCell(1, mostTokens);

export const durationCell = numberCell(
  `milliseconds from 0 to ${mostMs}`,
  (value) => value >= 0 && value <= mostMs,
);

/** Arrival relative to the trace's start, in nanoseconds. */
export const offsetCell: Cell<bigint> = {
  expected: durationCell.expected,
  read: (text) => {
    const ms = durationCell.read(text);
    return ms === undefined ? undefined : BigInt(Math.round(ms * 1e6));
  },
};

const timestampPattern = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|\+00:00)?$/;

/** A UTC date and time with up to nine decimals, in nanoseconds since 1970: a double has no room for the last ones. */
export const timestampCell: Cell<bigint> = {
  expected: 'a time such as 2023-11-16 18:15:46.6805900',
  read: (text) => {
    const [, date, time, fraction = ''] = timestampPattern.exec(text) ?? [];
    const whole = new Date(`${date}T${time}Z`);
    // A day that does not exist (30 February) is moved to the next month instead of refused.
    if (Number.isNaN(whole.getTime()) || !whole.toISOString().startsWith(`${date}T${time}`)) return undefined;
    return BigInt(whole.getTime()) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
  },
};
