import type { Slo } from '../../src/routing/catalogue.ts';

/** What a request asks of an engine: both lengths are known in hindsight. */
export interface Lengths {
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** What serving a request on time costs an engine. */
export interface RequestWork {
  /** GPU time, ms; Infinity for a request that cannot be on time even alone. */
  requestMs(lengths: Lengths, slo: Slo): number;
}
