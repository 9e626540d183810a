import type { AttentionCosts, StepCoefficients } from './coefficients.ts';

/** The work of one step. */
export interface StepLoad {
  /** Requests that decode one token each. */
  readonly decodes: number;
  /** Tokens these attend to, together. */
  readonly contextTokens: number;
  /** Pieces of prompts computed in this step. */
  readonly chunks: number;
  /** New tokens in these pieces, together. */
  readonly prefillTokens: number;
  /** Σ n·(s + n/2) over pieces of n tokens after s cached ones: the pairs their attention works through. */
  readonly prefillPairs: number;
  /** Requests that emit a token at the end of the step. */
  readonly emitted: number;
}

/**
 * The duration of one step of continuous batching on one GPU (or one tensor-parallel group), in ms:
 *
 *     overhead + (weights^p + (perToken·T)^p)^(1/p) + attention + head + all-reduce
 *
 * with T the new tokens of the step. The attention costs are those of the kind of step (decode only, prefill only, or
 * both), which is how real servers were found to behave.
 */
export class StepTimer {
  readonly #coefficients: StepCoefficients;
  readonly #overheadMs: number;
  /** The p-norm by T, filled when first met: powers would otherwise dominate the cost of simulating a step. */
  readonly #perTokensMs: Float64Array;

  /** @param maxTokens the most new tokens that a step may have. */
  constructor(coefficients: StepCoefficients, overheadMs: number, maxTokens: number) {
    this.#coefficients = coefficients;
    this.#overheadMs = overheadMs;
    this.#perTokensMs = new Float64Array(maxTokens + 1);
  }

  stepMs(load: StepLoad): number {
    const { head } = this.#coefficients;
    return (
      this.#tokensMs(load.decodes + load.prefillTokens) +
      attentionMs(this.#attentionCosts(load), load) +
      head.perEmitted * load.emitted
    );
  }

  /** By how much each step of an unchanged batch of decoding requests outlasts the one before it. */
  decodeGrowthMs(decodes: number): number {
    return this.#coefficients.decodeOnly.perContextToken * decodes;
  }

  #attentionCosts(load: StepLoad): AttentionCosts {
    if (load.chunks === 0) return this.#coefficients.decodeOnly;
    return load.decodes === 0 ? this.#coefficients.prefillOnly : this.#coefficients.mixed;
  }

  /** Everything that depends on nothing but the number of new tokens. */
  #tokensMs(tokens: number): number {
    const known = this.#perTokensMs[tokens];
    if (known !== undefined && known > 0) return known;
    const { linear, head, allReduce } = this.#coefficients;
    const totalMs =
      this.#overheadMs + linearMs(linear, tokens) + head.base + allReduce.base + allReduce.perToken * tokens;
    this.#perTokensMs[tokens] = totalMs;
    return totalMs;
  }
}

/** Time of the linear layers for `tokens` new tokens: as long as the longer of reading weights and arithmetic, or longer. */
export function linearMs({ weightsMs, perToken, norm }: StepCoefficients['linear'], tokens: number): number {
  return (weightsMs ** norm + (perToken * tokens) ** norm) ** (1 / norm);
}

function attentionMs(costs: AttentionCosts, load: StepLoad): number {
  return (
    costs.base +
    costs.perDecode * load.decodes +
    costs.perContextToken * load.contextTokens +
    costs.perChunk * load.chunks +
    costs.perPrefillToken * load.prefillTokens +
    costs.perPrefillPair * load.prefillPairs
  );
}
