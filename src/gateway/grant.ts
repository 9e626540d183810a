import type { Standings } from '../access/usage.ts';
import type { Variant } from '../routing/catalogue.ts';
import { rateLimitHeaders } from './rate-limit-headers.ts';

/** What a grant is about. */
export interface GrantTerms {
  readonly keyId: string;
  /** Most output tokens of one answer; undefined: none. */
  readonly outputBound: number | undefined;
  readonly promptTokens: number;
}

/** What one request of a key was admitted with. It has to be settled. */
export class Grant {
  readonly keyId: string;
  /** How the key's limits stand. */
  readonly headers: Readonly<Record<string, string>>;
  readonly #terms: GrantTerms;
  readonly #settle: (tokens: number | undefined) => void;
  #settled = false;

  /** @param settle is told once, with what was really taken */
  constructor(terms: GrantTerms, standings: Standings, settle: (tokens: number | undefined) => void) {
    this.keyId = terms.keyId;
    this.headers = rateLimitHeaders(standings);
    this.#terms = terms;
    this.#settle = settle;
  }

  /**
   * The variant, with the output that the key allows for its own bound where that is the tighter one. Nothing is sent
   * where the context ends before: a server would refuse it as more than it can hold.
   */
  bound(variant: Variant): Variant {
    const { outputBound, promptTokens } = this.#terms;
    if (outputBound === undefined || promptTokens + outputBound > variant.contextTokens) return variant;
    const maxOutputTokens = Math.min(variant.parameters.maxOutputTokens ?? Infinity, outputBound);
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
