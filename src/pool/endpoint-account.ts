import type { EndpointLoad } from '../routing/snapshot.ts';
import { type Cooling, notCooling } from './cooling.ts';
import type { Lease } from './lease.ts';

/** The running totals of one endpoint. Derived from the leases, except for the integrals and the cooling. */
export class EndpointAccount {
  inFlight = 0;
  queued = 0;
  promptTokensQueued = 0;
  tokensInFlight = 0;
  readonly promptTokensByVariant: Record<string, number> = {};
  readonly #byVariant: Record<string, number> = {};
  cooling: Cooling = notCooling;
  /** Time spent reading prompts so far, by what was learned of their variants, ms over all replicas. */
  readMs = 0;
  #integral = 0;
  #integratedToMs: number;

  constructor(nowMs: number) {
    this.#integratedToMs = nowMs;
  }

  open(lease: Lease, nowMs: number): void {
    this.inFlightIntegral(nowMs);
    this.#change(lease, 1);
    if (lease.phase.kind === 'queued') this.#changeQueue(lease, 1);
  }

  firstToken(lease: Lease, readMs: number): void {
    this.#changeQueue(lease, -1);
    this.readMs += readMs;
  }

  close(lease: Lease, nowMs: number): void {
    this.inFlightIntegral(nowMs);
    this.#change(lease, -1);
    if (lease.phase.kind === 'queued') this.#changeQueue(lease, -1);
  }

  /** ∫ inFlight dt up to now, in request milliseconds. */
  inFlightIntegral(nowMs: number): number {
    const elapsedMs = Math.max(nowMs - this.#integratedToMs, 0);
    this.#integral += this.inFlight * elapsedMs;
    this.#integratedToMs += elapsedMs;
    return this.#integral;
  }

  load(nowMs: number): EndpointLoad {
    return {
      inFlight: this.inFlight,
      inFlightByVariant: { ...this.#byVariant },
      queued: this.queued,
      promptTokensQueued: this.promptTokensQueued,
      tokensInFlight: this.tokensInFlight,
      promptTokensByVariant: { ...this.promptTokensByVariant },
      coolingMs: Math.max(this.cooling.untilMs - nowMs, 0),
      throttled: this.cooling.throttled,
    };
  }

  #change({ variant, promptTokens, expectedOutputTokens }: Lease, by: 1 | -1): void {
    this.inFlight += by;
    this.tokensInFlight += by * (promptTokens + expectedOutputTokens);
    this.#byVariant[variant] = (this.#byVariant[variant] ?? 0) + by;
    this.promptTokensByVariant[variant] = (this.promptTokensByVariant[variant] ?? 0) + by * promptTokens;
  }

  #changeQueue(lease: Lease, by: 1 | -1): void {
    this.queued += by;
    this.promptTokensQueued += by * lease.promptTokens;
  }
}
