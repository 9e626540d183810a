import { alone, type Company, joinedBy } from '../routing/company.ts';
import { readMsPerToken, type ServiceEstimate } from '../routing/service.ts';
import type { EndpointLoad } from '../routing/snapshot.ts';
import { type Cooling, notCooling } from './cooling.ts';
import type { Lease } from './lease.ts';

/** The totals of one variant on an endpoint since its account was opened, over all replicas. */
interface Totals {
  /** ∫ requests in flight dt. */
  readonly heldMs: number;
  /** ∫ replicas with a request in flight dt, if requests spread evenly. */
  readonly busyMs: number;
  /** Time spent reading prompts, by what was learned of the variant. */
  readonly readMs: number;
}

/** How far the totals of an endpoint had come at one moment. Plain data. */
export interface Mark {
  readonly atMs: number;
  readonly totals: Readonly<Record<string, Totals>>;
}

const noTotals: Totals = { heldMs: 0, busyMs: 0, readMs: 0 };

/** The running totals of one endpoint. What is in flight follows from the leases, the rest does not. */
export class EndpointAccount {
  inFlight = 0;
  queued = 0;
  promptTokensQueued = 0;
  tokensInFlight = 0;
  readonly inFlightByVariant: Record<string, number> = {};
  readonly promptTokensByVariant: Record<string, number> = {};
  cooling: Cooling = notCooling;
  readonly #replicas: number;
  readonly #totals: Record<string, { -readonly [Total in keyof Totals]: number }> = {};
  #countedToMs: number;

  constructor(replicas: number, nowMs: number) {
    this.#replicas = replicas;
    this.#countedToMs = nowMs;
  }

  open(lease: Lease, nowMs: number): void {
    this.#countTo(nowMs);
    this.#change(lease, 1);
    if (lease.phase.kind === 'queued') this.#changeQueue(lease, 1);
  }

  firstToken(lease: Lease, service: ServiceEstimate): void {
    this.#changeQueue(lease, -1);
    this.#totalsOf(lease.variant).readMs += lease.promptTokens * readMsPerToken(service);
  }

  close(lease: Lease, nowMs: number): void {
    this.#countTo(nowMs);
    this.#change(lease, -1);
    if (lease.phase.kind === 'queued') this.#changeQueue(lease, -1);
  }

  mark(nowMs: number): Mark {
    this.#countTo(nowMs);
    const totals: Record<string, Totals> = {};
    for (const id in this.#totals) totals[id] = { ...this.#totals[id]! };
    return { atMs: nowMs, totals };
  }

  /**
   * The mean company since the mark of a request that has been in flight all the while.
   * @param tokens it decoded since; nowMs lies after the mark
   */
  companySince(
    mark: Mark,
    { variant, tokens }: { readonly variant: string; readonly tokens: number },
    services: Readonly<Record<string, ServiceEstimate>>,
    nowMs: number,
  ): Company {
    this.#countTo(nowMs);
    const span = this.#replicas * (nowMs - mark.atMs);
    let company = alone;
    for (const id in this.#totals) {
      const { heldMs, busyMs, readMs } = this.#totals[id]!;
      const before = mark.totals[id] ?? noTotals;
      const own = id === variant;
      const presence = {
        requests: Math.max((heldMs - before.heldMs) / span - (own ? 1 / this.#replicas : 0), 0),
        busy: (busyMs - before.busyMs) / span,
        readingMs: (readMs - before.readMs) / (this.#replicas * tokens),
      };
      company = joinedBy(company, presence, services[id]!, own);
    }
    return company;
  }

  load(nowMs: number): EndpointLoad {
    return {
      inFlight: this.inFlight,
      inFlightByVariant: { ...this.inFlightByVariant },
      queued: this.queued,
      promptTokensQueued: this.promptTokensQueued,
      tokensInFlight: this.tokensInFlight,
      promptTokensByVariant: { ...this.promptTokensByVariant },
      coolingMs: Math.max(this.cooling.untilMs - nowMs, 0),
      throttled: this.cooling.throttled,
    };
  }

  #countTo(nowMs: number): void {
    const elapsedMs = Math.max(nowMs - this.#countedToMs, 0);
    this.#countedToMs += elapsedMs;
    for (const id in this.inFlightByVariant) {
      const inFlight = this.inFlightByVariant[id]!;
      const totals = this.#totalsOf(id);
      totals.heldMs += inFlight * elapsedMs;
      totals.busyMs += Math.min(inFlight, this.#replicas) * elapsedMs;
    }
  }

  #totalsOf(variant: string) {
    let totals = this.#totals[variant];
    if (totals === undefined) {
      totals = { ...noTotals };
      this.#totals[variant] = totals;
    }
    return totals;
  }

  #change({ variant, promptTokens, expectedOutputTokens }: Lease, by: 1 | -1): void {
    this.inFlight += by;
    this.tokensInFlight += by * (promptTokens + expectedOutputTokens);
    this.inFlightByVariant[variant] = (this.inFlightByVariant[variant] ?? 0) + by;
    this.promptTokensByVariant[variant] = (this.promptTokensByVariant[variant] ?? 0) + by * promptTokens;
  }

  #changeQueue(lease: Lease, by: 1 | -1): void {
    this.queued += by;
    this.promptTokensQueued += by * lease.promptTokens;
  }
}
