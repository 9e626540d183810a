import type { Slo } from '../../src/routing/catalogue.ts';
import type { Hardware } from '../arena/fleet.ts';
import type { StepCoefficients } from '../simulator/coefficients.ts';
import { linearMs } from '../simulator/step-time.ts';
import type { Lengths, RequestWork } from './request-work.ts';

/**
 * The least GPU time that any schedule spends on a request it serves on time, ms. A lower bound, so that a plan
 * limited by it can do at least what any real schedule does.
 *
 * A step with T new tokens, E emitting requests and the attention work of its parts takes
 *
 *     o + (w^p + (c·T)^p)^(1/p) + attention + h0 + h1·E + r0 + r1·T
 *
 * The norm is convex in T, so any tangent `a + b·T` lies below it and splits the step into a part `F = o + a + h0 + r0`
 * that it takes whatever it does, and a part that grows with each request's own tokens. A request is charged its own
 * part, at the cheaper of the coefficients where steps of several kinds differ, and for each token it emits an equal
 * share of F among all that emit in that step. At most `maxNumSeqs` do; and since a request on time spends its m
 * emitting steps within a time t (the end-to-end bound, or the time per token), which each last F + v·E or longer with
 * v the least that an emission adds, Jensen's inequality gives the shares' sum as at least `m·F·v / (t/m − F)`.
 *
 * Charges of different tangents are equally valid, and tight at different loads.
 */
export class LeastWork implements RequestWork {
  readonly #coefficients: StepCoefficients;
  readonly #maxNumSeqs: number;
  readonly #fixedMs: number;
  readonly #perTokenMs: number;

  /** @param tangentTokens new tokens per step at which the charge is tight */
  constructor({ coefficients, maxNumSeqs, overheadMs }: Hardware, tangentTokens: number) {
    const { head, allReduce } = coefficients;
    const { slope, intercept } = tangent(coefficients.linear, tangentTokens);
    this.#coefficients = coefficients;
    this.#maxNumSeqs = maxNumSeqs;
    this.#fixedMs = (overheadMs ?? coefficients.overheadMs) + intercept + head.base + allReduce.base;
    this.#perTokenMs = slope + allReduce.perToken;
  }

  /** Infinity for a request that cannot be on time even alone. */
  requestMs({ promptTokens, outputTokens }: Lengths, slo: Slo): number {
    const { decodeOnly, mixed, head } = this.#coefficients;
    const decodes = outputTokens - 1;
    const attended = decodes * promptTokens + (decodes * (decodes - 1)) / 2;
    const perDecode = this.#perTokenMs + Math.min(decodeOnly.perDecode, mixed.perDecode);
    const ownMs =
      this.#prefillMs(promptTokens) +
      perDecode * decodes +
      Math.min(decodeOnly.perContextToken, mixed.perContextToken) * attended +
      head.perEmitted * outputTokens;
    const decodeBase = Math.min(decodeOnly.base, mixed.base);
    return ownMs + (decodeBase * decodes) / this.#maxNumSeqs + this.#fixedShareMs(outputTokens, slo);
  }

  #prefillMs(tokens: number): number {
    const { prefillOnly, mixed } = this.#coefficients;
    return (
      (this.#perTokenMs + Math.min(prefillOnly.perPrefillToken, mixed.perPrefillToken)) * tokens +
      Math.min(prefillOnly.perChunk, mixed.perChunk) +
      // Σ n·(s + n/2) over the chunks of a prompt is the same however it is cut.
      (Math.min(prefillOnly.perPrefillPair, mixed.perPrefillPair) * tokens ** 2) / 2
    );
  }

  #fixedShareMs(emissions: number, slo: Slo): number {
    // The least by which an emission lengthens its step.
    const perEmissionMs = this.#perTokenMs + this.#coefficients.head.perEmitted;
    const share = (meanStepMs: number) => {
      const beyondFixedMs = meanStepMs - this.#fixedMs;
      if (beyondFixedMs <= 0) return Number.POSITIVE_INFINITY;
      return this.#fixedMs * Math.max(1 / this.#maxNumSeqs, perEmissionMs / beyondFixedMs);
    };
    const fullBatch = share(Number.POSITIVE_INFINITY);
    const whole = slo.e2eMs === undefined ? fullBatch : share(slo.e2eMs / emissions);
    const paced = slo.tpotMs === undefined ? fullBatch : share(slo.tpotMs);
    // The pace binds the tokens after the first; `0 · Infinity` would be NaN for an answer of one token.
    const afterFirst = emissions === 1 ? 0 : paced * (emissions - 1);
    return Math.max(whole * emissions, fullBatch + afterFirst);
  }
}

/** The tangent of `(w^p + (c·T)^p)^(1/p)` at `tokens`. */
function tangent(linear: StepCoefficients['linear'], tokens: number): { slope: number; intercept: number } {
  const { perToken, norm } = linear;
  const value = linearMs(linear, tokens);
  const slope = perToken * ((perToken * tokens) / value) ** (norm - 1);
  return { slope, intercept: value - slope * tokens };
}
