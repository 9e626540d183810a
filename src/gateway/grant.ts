import type { Standings } from '../access/usage.ts';
import type { Variant } from '../routing/catalogue.ts';
import { rateLimitHeaders } from './rate-limit-headers.ts';

/** What a grant is about. */
interface GrantTerms {
  readonly keyId: string;
  /** Most output tokens of one answer; undefined: none. */
  readonly outputBound: number | undefined;
  readonly promptTokens: number;
}

/** What one request of a key was admitted with. It has to be settled. */
export class Grant {
  readonly keyId: string;
  /** What the request's prompt was admitted as. */
  readonly promptTokens: number;
  /** How the key's limits stand. */
  readonly headers: Readonly<Record<string, string>>;
  readonly #outputBound: number | undefined;
  readonly #settle: (tokens: number | undefined) => void;
  #settled = false;

  /** @param settle is told once, with what was really taken */
  constructor(terms: GrantTerms, standings: Standings, settle: (tokens: number | undefined) => void) {
    this.keyId = terms.keyId;
    this.headers = rateLimitHeaders(standings);
    this.promptTokens = terms.promptTokens;
    this.#outputBound = terms.outputBound;
    this.#settle = settle;
  }

  /**
   * The variant, with the output that the key allows for its own bound where that is the tighter one. Where the context
   * ends before, only what it has left: a server would refuse more than it can hold.
   */
  bound(variant: Variant): Variant {
    if (this.#outputBound === undefined) return variant;
    const left = Math.max(1, variant.contextTokens - this.promptTokens);
    const maxOutputTokens = Math.min(variant.parameters.maxOutputTokens ?? Infinity, this.#outputBound, left);
    return { ...variant, parameters: { ...variant.parameters, maxOutputTokens } };
  }

  /**
   * Says what the request has really taken, prompt and output; undefined: nobody knows. The first call counts,
   * whatever ends in which order.
   */
  settle(tokens: number | undefined): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#settle(tokens);
  }
}
