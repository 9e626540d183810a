import type { EndpointLoad } from '../routing/snapshot.ts';
import { type Cooling, notCooling } from './cooling.ts';
import type { Lease } from './lease.ts';

/** The running totals of one endpoint. Derived from the leases, except for the integral and the cooling. */
export class EndpointAccount {
  inFlight = 0;
  queued = 0;
  promptTokensQueued = 0;
  tokensInFlight = 0;
  readonly #byVariant: Record<string, number> = {};
  cooling: Cooling = notCooling;
  #integral = 0;
  #integratedToMs: number;

  constructor(nowMs: number) {
    this.#integratedToMs = nowMs;
  }

  open(lease: Lease, nowMs: number): void {
    this.inFlightIntegral(nowMs);
    this.inFlight += 1;
    this.#byVariant[lease.variant] = (this.#byVariant[lease.variant] ?? 0) + 1;
    this.tokensInFlight += lease.promptTokens + lease.expectedOutputTokens;
    if (lease.phase.kind === 'queued') this.#changeQueue(lease, 1);
  }

  firstToken(lease: Lease): void {
    this.#changeQueue(lease, -1);
  }

  close(lease: Lease, nowMs: number): void {
    this.inFlightIntegral(nowMs);
    this.inFlight -= 1;
    this.#byVariant[lease.variant] = (this.#byVariant[lease.variant] ?? 0) - 1;
    this.tokensInFlight -= lease.promptTokens + lease.expectedOutputTokens;
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
      coolingMs: Math.max(this.cooling.untilMs - nowMs, 0),
      throttled: this.cooling.throttled,
    };
  }

  #changeQueue(lease: Lease, by: 1 | -1): void {
    this.queued += by;
    this.promptTokensQueued += by * lease.promptTokens;
  }
}
