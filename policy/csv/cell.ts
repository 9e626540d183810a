/** Reads one kind of cell: what it must hold, for the error message, and its value, or nothing when it does not. */
export interface Cell<T> {
  readonly expected: string;
  readonly read: (text: string) => T | undefined;
}

const number = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** A number as files write it, tiny ones with an exponent; NaN for anything else, an empty cell among it. */
export function numberIn(text: string): number {
  return number.test(text) ? Number(text) : Number.NaN;
}

/** A cell that holds a number within bounds. `accepts` is asked about NaN too, and says no to it by comparing. */
export function numberCell(expected: string, accepts: (value: number) => boolean): Cell<number> {
  return {
    expected,
    read: (text) => {
      const value = numberIn(text);
      return accepts(value) ? value : undefined;
    },
  };
}

/** A cell that holds a whole number. */
export function wholeNumberCell(least: number, most: number): Cell<number> {
  return numberCell(
    `a whole number from ${least} to ${most}`,
    (value) => Number.isInteger(value) && value >= least && value <= most,
  );
}
