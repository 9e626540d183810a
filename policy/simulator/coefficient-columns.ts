import { numberCell, wholeNumberCell } from '../csv/cell.ts';

/** Largest coefficient believed: no step takes longer than that many milliseconds, nor does any part of one. */
const mostMs = 1e6;
/** Largest exponent believed; the fits end below 4. */
const mostNorm = 100;

const costCell = numberCell(`a number from 0 to ${mostMs}`, (value) => value >= 0 && value <= mostMs);

const weightsCell = numberCell(
  `a number above 0 and at most ${mostMs}`,
  (value) => value > 0 && value <= mostMs,
);

const normCell = numberCell(
  `a number above 0 and at most ${mostNorm}`,
  (value) => value > 0 && value <= mostNorm,
);

/** Beyond these limits of a server the simulator would run out of memory before the server does. */
const tokensCell = wholeNumberCell(1, 1e12);
const batchCell = wholeNumberCell(1, 1e6);

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
  kv_tokens: tokensCell,
  kv_capacity_tokens: tokensCell,
  max_num_seqs: batchCell,
  max_num_batched_tokens: batchCell,
} as const;
