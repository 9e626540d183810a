import type { Cell } from '../workloads/trace-cells.ts';

/** Largest coefficient believed: no step takes longer than that many milliseconds, nor does any part of one. */
const mostMs = 1e6;
/** Largest exponent believed; the fits end below 4, and beyond some hundred the powers overflow. */
const mostNorm = 100;

const number = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** A cell that holds a number within bounds. Coefficients are fitted, so tiny ones are written with an exponent. */
function numberCell(expected: string, accepts: (value: number) => boolean): Cell<number> {
  return {
    expected,
    read: (text) => (number.test(text) && accepts(Number(text)) ? Number(text) : undefined),
  };
}

const costCell = numberCell(`a number from 0 to ${mostMs}`, (value) => value >= 0 && value <= mostMs);

const weightsCell = numberCell(
  `a number above 0 and at most ${mostMs}`,
  (value) => value > 0 && value <= mostMs,
);

const normCell = numberCell(
  `a number above 0 and at most ${mostNorm}`,
  (value) => value > 0 && value <= mostNorm,
);

/** A limit of a server: a whole number. Beyond `most` the simulator would run out of memory before the server does. */
function limitCell(most: number): Cell<number> {
  return numberCell(
    `a whole number from 1 to ${most}`,
    (value) => Number.isInteger(value) && value >= 1 && value <= most,
  );
}

/** The columns every file of coefficients has. */
const common = {
  w: weightsCell,
  c: costCell,
  p: normCell,
  d0: costCell,
  dn: costCell,
  dk: costCell,
  h0: costCell,
  h1: costCell,
} as const;

/** The columns of a file whose rows are named `GPU/model`. */
export const ladderColumns = { ...common, a0: costCell, a1: costCell, a2: costCell } as const;

/** The columns of a file whose rows are named by `run`. */
export const measuredColumns = {
  ...common,
  p0: costCell,
  pa: costCell,
  pt: costCell,
  m0: costCell,
  mn: costCell,
  mk: costCell,
  ma: costCell,
  mt: costCell,
} as const;

/** The columns a file of either kind may lack, and where it has them, a row may leave empty. */
export const optionalColumns = {
  r0: costCell,
  r1: costCell,
  overhead_ms: costCell,
  kv_tokens: limitCell(1e12),
  kv_capacity_tokens: limitCell(1e12),
  max_num_seqs: limitCell(1e6),
  max_num_batched_tokens: limitCell(1e6),
} as const;
