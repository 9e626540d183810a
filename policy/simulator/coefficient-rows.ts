/**
 * A row of the ladder: step-time coefficients fitted on kernel times of one model on one kind of GPU, in milliseconds.
 * The columns are named as in the formula of `step-time.ts`.
 */
export interface LadderRow {
  readonly gpu: string;
  readonly model: string;
  /** Tensor-parallel width: the GPUs that one replica takes. */
  readonly tp: number;
  /** Tokens whose keys and values fit beside the weights. */
  readonly kvCapacityTokens: number;
  readonly w: number;
  readonly c: number;
  readonly p: number;
  readonly d0: number;
  readonly dn: number;
  readonly dk: number;
  readonly a0: number;
  readonly a1: number;
  readonly a2: number;
  readonly h0: number;
  readonly h1: number;
  /** Tensor-parallel all-reduce, where it was measured. */
  readonly r0?: number;
  readonly r1?: number;
}

/** A row fitted on the layer profile of a real vLLM server, which knows three kinds of step apart. */
export interface MeasuredRow {
  readonly run: string;
  readonly tp: number;
  readonly maxNumSeqs: number;
  /** Absent where the server did not publish it. */
  readonly kvTokens?: number;
  readonly overheadMs: number;
  readonly w: number;
  readonly c: number;
  readonly p: number;
  readonly d0: number;
  readonly dn: number;
  readonly dk: number;
  readonly p0: number;
  readonly pa: number;
  readonly pt: number;
  readonly m0: number;
  readonly mn: number;
  readonly mk: number;
  readonly ma: number;
  readonly mt: number;
  readonly h0: number;
  readonly h1: number;
  readonly r0?: number;
  readonly r1?: number;
}

/**
 * The models of the bench's fleets: the paper's ladder on A100 and the chat ladder on H100.
 * Source: derived from ai-dynamo/aiconfigurator `systems/` @095f58a5 (Apache-2.0); decode steps are fitted within
 * 2–9 % on average, prefill steps within 2–3 %.
 */
export const ladderRows: readonly LadderRow[] = [
  {
    gpu: 'A100',
    model: 'opt-125m',
    tp: 1,
    kvCapacityTokens: 2049680,
    w: 0.502256,
    c: 0.00100675,
    p: 1.15297,
    d0: 0.195706,
    dn: 0,
    dk: 2.37682e-5,
    a0: 0.131149,
    a1: 0.000238805,
    a2: 2.04561e-7,
    h0: 0.104787,
    h1: 0.000681318,
  },
  {
    gpu: 'A100',
    model: 'opt-1.3b',
    tp: 1,
    kvCapacityTokens: 372199,
    w: 2.29884,
    c: 0.0112923,
    p: 1.32974,
    d0: 0.381084,
    dn: 0.00119293,
    dk: 0.000121784,
    a0: 0.252793,
    a1: 0.000664853,
    a2: 1.13553e-6,
    h0: 0.18285,
    h1: 0.000861546,
  },
  {
    gpu: 'A100',
    model: 'opt-6.7b',
    tp: 1,
    kvCapacityTokens: 119196,
    w: 9.36343,
    c: 0.0517374,
    p: 1.48435,
    d0: 0.513831,
    dn: 0.00593667,
    dk: 0.000316598,
    a0: 0.320861,
    a1: 0.00139936,
    a2: 2.86372e-6,
    h0: 0.302621,
    h1: 0.00103059,
  },
  {
    gpu: 'H100',
    model: 'llama-3.2-1b',
    tp: 1,
    kvCapacityTokens: 2238080,
    w: 1.1009,
    c: 0.00309145,
    p: 1.55489,
    d0: 0.117797,
    dn: 0.00185332,
    dk: 1.11485e-5,
    a0: 0.17312,
    a1: 0.0001137,
    a2: 2.2585e-7,
    h0: 0.244939,
    h1: 0.000634652,
  },
  {
    gpu: 'H100',
    model: 'llama-3.2-3b',
    tp: 1,
    kvCapacityTokens: 604975,
    w: 2.74653,
    c: 0.00857806,
    p: 1.84562,
    d0: 0.233053,
    dn: 0.00300972,
    dk: 3.7566e-5,
    a0: 0.304861,
    a1: 0.000207676,
    a2: 4.54445e-7,
    h0: 0.338129,
    h1: 0.000658285,
  },
  {
    gpu: 'H100',
    model: 'llama-3.1-8b',
    tp: 1,
    kvCapacityTokens: 455851,
    w: 5.88969,
    c: 0.0201455,
    p: 2.27403,
    d0: 0.270558,
    dn: 0.00364872,
    dk: 4.22601e-5,
    a0: 0.350268,
    a1: 0.000269201,
    a2: 6.75835e-7,
    h0: 0.425433,
    h1: 0.000712399,
  },
  {
    gpu: 'H100',
    model: 'llama-3.1-70b',
    tp: 4,
    kvCapacityTokens: 494780,
    w: 15.0796,
    c: 0.0718437,
    p: 1.42324,
    d0: 0.752535,
    dn: 0.00194076,
    dk: 2.70854e-5,
    a0: 0.906018,
    a1: 0.00054706,
    a2: 7.81329e-7,
    h0: 0.242374,
    h1: 0.000583039,
  },
];

/**
 * Two real servers of Llama 3.1 8B under vLLM 0.19.0.
 * Source: derived from casys-kaist/LLMServingSim `profiler/perf` @5daddb21 (MIT).
 */
export const measuredRows: readonly MeasuredRow[] = [
  {
    run: 'RTXPRO6000/Llama-3.1-8B',
    tp: 1,
    maxNumSeqs: 128,
    overheadMs: 1.3,
    w: 10.166,
    c: 0.037486,
    p: 1.645,
    d0: 0.43699,
    dn: 0.0034128,
    dk: 8.9762e-5,
    p0: 0.88567,
    pa: 2.0887e-6,
    pt: 0,
    m0: 0.031986,
    mn: 0.030282,
    mk: 0.00014223,
    ma: 2.0467e-6,
    mt: 0.0011294,
    h0: 0.70446,
    h1: 0.0010584,
    r0: 0,
    r1: 0,
  },
  {
    run: 'RTX4090/Llama-3.1-8B',
    tp: 1,
    maxNumSeqs: 256,
    kvTokens: 41408,
    overheadMs: 0,
    w: 15.946,
    c: 0.091661,
    p: 2.1185,
    d0: 0.44575,
    dn: 0.0052251,
    dk: 0.00014168,
    p0: 0.59478,
    pa: 3.9831e-6,
    pt: 0.00061573,
    m0: 0,
    mn: 0.050573,
    mk: 0.0002794,
    ma: 4.3784e-6,
    mt: 0.0017796,
    h0: 1.1145,
    h1: 0.0027768,
    r0: 0,
    r1: 0,
  },
];
