import { type LadderRow, ladderRows, type MeasuredRow, measuredRows } from './coefficient-rows.ts';

/** Attention time of one kind of step, in ms: a constant, and a price per unit of work. */
export interface AttentionCosts {
  readonly base: number;
  readonly perDecode: number;
  /** Per token of context that the decoding requests attend to. */
  readonly perContextToken: number;
  readonly perChunk: number;
  readonly perPrefillToken: number;
  /** Per pair of a new prefill token and a token it attends to. */
  readonly perPrefillPair: number;
}

/** What one model on one kind of GPU needs for a step, in ms; see `step-time.ts` for the formula. */
export interface StepCoefficients {
  /** `GPU/model`. */
  readonly name: string;
  /** Weights read once (`weightsMs`) against arithmetic per token, joined smoothly by a p-norm. */
  readonly linear: { readonly weightsMs: number; readonly perToken: number; readonly norm: number };
  readonly decodeOnly: AttentionCosts;
  readonly prefillOnly: AttentionCosts;
  readonly mixed: AttentionCosts;
  readonly head: { readonly base: number; readonly perEmitted: number };
  readonly allReduce: { readonly base: number; readonly perToken: number };
  /** What the server spends beside the GPU on every step. */
  readonly overheadMs: number;
  /** KV capacity; `Infinity` where it is not known. */
  readonly kvTokens: number;
}

/** Decoding beside a prefill is dearer, as measured on real servers: the ladder has no columns of its own for it. */
const MIXED_CONTEXT_FACTOR = 1.8;
const MIXED_DECODE_FACTOR = 9;

/** The ladder is fitted on kernels alone. A real server was found to add 0 to 1.3 ms per step. */
const LADDER_OVERHEAD_MS = 1;

const allReduceOf = ({ r0 = 0, r1 = 0 }: { readonly r0?: number; readonly r1?: number }) => ({
  base: r0,
  perToken: r1,
});

export function ladderCoefficients(row: Omit<LadderRow, 'tp'>): StepCoefficients {
  const prefill = { perChunk: row.a0, perPrefillToken: row.a1, perPrefillPair: row.a2 };
  const noPrefill = { perChunk: 0, perPrefillToken: 0, perPrefillPair: 0 };
  return {
    name: `${row.gpu}/${row.model}`,
    linear: { weightsMs: row.w, perToken: row.c, norm: row.p },
    decodeOnly: { base: row.d0, perDecode: row.dn, perContextToken: row.dk, ...noPrefill },
    prefillOnly: { base: 0, perDecode: 0, perContextToken: 0, ...prefill },
    mixed: {
      base: row.d0,
      perDecode: MIXED_DECODE_FACTOR * row.dn,
      perContextToken: MIXED_CONTEXT_FACTOR * row.dk,
      ...prefill,
    },
    head: { base: row.h0, perEmitted: row.h1 },
    allReduce: allReduceOf(row),
    overheadMs: LADDER_OVERHEAD_MS,
    kvTokens: row.kvCapacityTokens,
  };
}

export function measuredCoefficients(row: Omit<MeasuredRow, 'tp' | 'maxNumSeqs'>): StepCoefficients {
  return {
    name: row.run,
    linear: { weightsMs: row.w, perToken: row.c, norm: row.p },
    decodeOnly: {
      base: row.d0,
      perDecode: row.dn,
      perContextToken: row.dk,
      perChunk: 0,
      perPrefillToken: 0,
      perPrefillPair: 0,
    },
    prefillOnly: {
      base: 0,
      perDecode: 0,
      perContextToken: 0,
      perChunk: row.p0,
      perPrefillToken: row.pt,
      perPrefillPair: row.pa,
    },
    mixed: {
      base: row.m0,
      perDecode: row.mn,
      perContextToken: row.mk,
      perChunk: 0,
      perPrefillToken: row.mt,
      perPrefillPair: row.ma,
    },
    head: { base: row.h0, perEmitted: row.h1 },
    allReduce: allReduceOf(row),
    overheadMs: row.overheadMs,
    kvTokens: row.kvTokens ?? Number.POSITIVE_INFINITY,
  };
}

const known = [...ladderRows.map(ladderCoefficients), ...measuredRows.map(measuredCoefficients)];

/** `GPU/model` of the ladder, and the names of the measured runs. */
export const coefficientNames: readonly string[] = known.map(({ name }) => name);

/**
 * The coefficients of one of these names.
 * @throws RangeError for any other; the message lists them
 */
export function coefficientsNamed(name: string): StepCoefficients {
  const found = known.find((coefficients) => coefficients.name === name);
  if (found !== undefined) return found;
  throw new RangeError(`no step-time coefficients named "${name}"; known: ${coefficientNames.join(', ')}`);
}
