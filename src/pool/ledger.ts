import { type Catalogue, type Endpoint, endpointOf, type Variant } from '../routing/catalogue.ts';
import { companyOn } from '../routing/company.ts';
import { LengthLearner, type LengthLearnerState } from '../routing/lengths/length-learner.ts';
import { placesOf } from '../routing/observation.ts';
import {
  estimateOf,
  type LearnedService,
  type LengthEstimate,
  learnTpot,
  learnTtft,
  priorService,
  type ServiceEstimate,
  tpotIn,
  ttftIn,
} from '../routing/service.ts';
import type { EndpointLoad, PoolSnapshot } from '../routing/snapshot.ts';
import { type Arrivals, arrive, noArrivals, ratesAt, taskMixAt } from './arrivals.ts';
import { afterFailure, afterMisconfiguration, afterSuccess, afterThrottle, type Cooling } from './cooling.ts';
import { EndpointAccount } from './endpoint-account.ts';
import type { Ask, Lease, Place, Report, Settlement } from './lease.ts';

/**
 * A lease nobody settles is given up after this long. Longer than all but the longest answers take, so that it
 * catches edges that died and hardly ever a stream that still runs.
 */
export const LEASE_MS = 600_000;
/** Shortest and longest wait a refused client is told. */
const RETRY_AFTER_MS = { least: 250, most: 30_000 };
/** Weight of one settled request in its task's output length. */
const LENGTH_WEIGHT = 0.05;
const LENGTH_PRIOR_VARIANCE = 0.5;
/**
 * A restored ledger counts on from further than it can have come after its checkpoint: edges keep the snapshot of the
 * higher revision, and would take it for an old one.
 */
const LOST_REVISIONS = 1_000_000;

interface Row {
  readonly variant: Variant;
  readonly endpoint: Endpoint;
  readonly prior: LearnedService;
}

/** Of the form of a checkpoint, and of the meaning of what is in it. */
const CHECKPOINT_VERSION = 2;

/** What survives the eviction of the process that holds a ledger. */
export interface LedgerCheckpoint {
  readonly version: number;
  readonly revision: number;
  readonly leases: readonly (readonly [string, Lease])[];
  readonly services: Readonly<Record<string, LearnedService>>;
  readonly lengths: Readonly<Record<string, LengthEstimate>>;
  readonly lengthLearner?: LengthLearnerState | undefined;
  readonly arrivals: Arrivals;
  readonly coolings: Readonly<Record<string, Cooling>>;
}

/**
 * What is in flight in one pool, and what its traffic has taught. Every method is one synchronous step with the
 * time passed in, so whoever calls them one after the other (a Durable Object, a simulator) never hands out the
 * same place twice.
 */
export class Ledger {
  readonly #rows: ReadonlyMap<string, Row>;
  readonly #accounts: ReadonlyMap<string, EndpointAccount>;
  /** In the order of granting, which is also that of expiry. */
  readonly #leases = new Map<string, Lease>();
  /** Leases without a first token whose answers do not stream; `#passAssumedFirstTokens` moves them on. */
  readonly #assumed = new Set<string>();
  readonly #services: Record<string, LearnedService> = {};
  /** What edges are told of the services: they predict, and learn nothing. */
  readonly #estimates: Record<string, ServiceEstimate> = {};
  #lengths: Record<string, LengthEstimate> = {};
  readonly #lengthLearner: LengthLearner | undefined;
  #arrivals: Arrivals;
  #revision = 0;

  /** @param saved one of another version gives its revision and nothing else; what was learned is soon learned anew */
  constructor(catalogue: Catalogue, nowMs: number, saved?: LedgerCheckpoint) {
    const checkpoint = saved?.version === CHECKPOINT_VERSION ? saved : undefined;
    this.#rows = new Map(
      catalogue.variants.map((variant) => [
        variant.id,
        { variant, endpoint: endpointOf(catalogue, variant), prior: priorService(variant) },
      ]),
    );
    this.#accounts = new Map(
      catalogue.endpoints.map(({ id, replicas }) => [id, new EndpointAccount(replicas, nowMs)]),
    );
    for (const [id, { prior }] of this.#rows) this.#know(id, checkpoint?.services[id] ?? prior);
    for (const [id, { outputTokens }] of Object.entries(catalogue.tasks))
      this.#lengths[id] = checkpoint?.lengths[id] ?? {
        tokens: outputTokens,
        logVariance: LENGTH_PRIOR_VARIANCE,
      };
    if (catalogue.lengthPrediction.kind === 'learned')
      this.#lengthLearner = new LengthLearner(meanTokensOf(this.#lengths), checkpoint?.lengthLearner);
    this.#arrivals = checkpoint?.arrivals ?? noArrivals(nowMs);
    if (saved !== undefined) this.#revision = saved.revision + LOST_REVISIONS;
    if (checkpoint !== undefined) this.#restore(checkpoint, nowMs);
  }

  /**
   * The ledger as it stands.
   * @param heldLengthModel revision of the length model the asker holds: the same one is not sent again
   */
  snapshot(nowMs: number, heldLengthModel?: number): PoolSnapshot {
    this.#passAssumedFirstTokens(nowMs);
    const endpoints: Record<string, EndpointLoad> = {};
    for (const [id, account] of this.#accounts) endpoints[id] = account.load(nowMs);
    const lengthModel = this.#lengthLearner?.model(nowMs);
    return {
      revision: this.#revision,
      endpoints,
      services: { ...this.#estimates },
      lengths: { ...this.#lengths },
      lengthModel: lengthModel?.revision === heldLengthModel ? undefined : lengthModel,
      arrivals: ratesAt(this.#arrivals, nowMs),
      taskMix: taskMixAt(this.#arrivals, nowMs),
      meanPromptTokens: this.#arrivals.meanPromptTokens,
    };
  }

  /** Grants a place on the first variant of the ranking whose endpoint has one, or refuses. */
  place(ask: Ask, nowMs: number): Place {
    this.#passAssumedFirstTokens(nowMs);
    this.expire(nowMs);
    this.#revision += 1;
    const held = this.#leases.get(ask.leaseId);
    if (held !== undefined) return { kind: 'granted', variant: held.variant };
    if (ask.arrives) this.#arrivals = arrive(this.#arrivals, ask.task, ask.promptTokens, nowMs);
    for (const id of ask.ranking) {
      const row = this.#rows.get(id);
      if (row === undefined || !this.#hasRoom(row.endpoint, nowMs)) continue;
      this.#grant(ask, row, nowMs);
      return { kind: 'granted', variant: id };
    }
    return { kind: 'refused', retryAfterMs: this.#predictRoom(ask, nowMs) };
  }

  /** Takes a report of an edge. The same report may come twice, and in any order. */
  report(report: Report, nowMs: number): void {
    if (report.kind === 'first-token') this.firstToken(report.leaseId, report.ttftMs, nowMs);
    else this.settle(report, nowMs);
  }

  /**
   * Notes a first token, `ttftMs` after the request was sent to its endpoint. Unknown leases (settled, expired, or
   * granted before a crash) are ignored.
   */
  firstToken(leaseId: string, ttftMs: number, nowMs: number): void {
    const lease = this.#leases.get(leaseId);
    if (lease === undefined || lease.phase.kind !== 'queued') return;
    this.#revision += 1;
    this.#learnTtft(lease, ttftMs);
    this.#startDecoding(leaseId, lease, nowMs);
  }

  /**
   * Ends a lease. The first call with an id counts, any further one is ignored.
   * @returns whether the lease was held
   */
  settle(settlement: Settlement, nowMs: number): boolean {
    this.#passAssumedFirstTokens(nowMs);
    const lease = this.#leases.get(settlement.leaseId);
    if (lease === undefined) return false;
    this.#revision += 1;
    const account = this.#accountOf(lease.variant);
    if (settlement.outcome.kind === 'served') this.#learnFrom(lease, account, settlement.outcome, nowMs);
    account.cooling = coolingAfter(account.cooling, settlement.outcome, nowMs);
    this.#close(settlement.leaseId, lease, nowMs);
    return true;
  }

  /** Gives up every lease whose time is over. @returns how many */
  expire(nowMs: number): number {
    let expired = 0;
    for (const [id, lease] of this.#leases) {
      if (lease.expiresAtMs > nowMs) break;
      this.#close(id, lease, nowMs);
      this.#revision += 1;
      expired += 1;
    }
    return expired;
  }

  /** When the oldest lease expires; undefined when none is held. */
  get nextExpiryMs(): number | undefined {
    for (const lease of this.#leases.values()) return lease.expiresAtMs;
    return undefined;
  }

  get revision(): number {
    return this.#revision;
  }

  checkpoint(): LedgerCheckpoint {
    return {
      version: CHECKPOINT_VERSION,
      revision: this.#revision,
      leases: [...this.#leases].map(([id, lease]) => [id, withoutTotals(lease)]),
      services: { ...this.#services },
      lengths: { ...this.#lengths },
      lengthLearner: this.#lengthLearner?.state(),
      arrivals: this.#arrivals,
      coolings: Object.fromEntries([...this.#accounts].map(([id, { cooling }]) => [id, cooling])),
    };
  }

  #restore(checkpoint: LedgerCheckpoint, nowMs: number): void {
    for (const [id, account] of this.#accounts) account.cooling = checkpoint.coolings[id] ?? account.cooling;
    for (const [id, lease] of checkpoint.leases) {
      if (!this.#rows.has(lease.variant)) continue;
      this.#open(id, withoutTotals(lease, nowMs), nowMs);
    }
  }

  #hasRoom(endpoint: Endpoint, nowMs: number): boolean {
    const account = this.#accounts.get(endpoint.id)!;
    return account.inFlight < placesOf(endpoint) && account.cooling.untilMs <= nowMs;
  }

  #grant(ask: Ask, { variant, endpoint }: Row, nowMs: number): void {
    const account = this.#accounts.get(endpoint.id)!;
    const promptTokensToRead = ask.promptTokens + account.promptTokensQueued / endpoint.replicas;
    const service = this.#services[variant.id]!;
    const company = companyOn(endpoint, account, this.#services, variant.id);
    const ttftMs = ttftIn(company, service, promptTokensToRead);
    const assumedFirstTokenAtMs = ask.streams ? Infinity : nowMs + ttftMs;
    this.#open(
      ask.leaseId,
      {
        variant: variant.id,
        task: ask.task,
        class: ask.class,
        promptTokens: ask.promptTokens,
        // Whole tokens, so that adding and taking them away leaves no rounding errors in the sums.
        expectedOutputTokens: Math.round(ask.expectedOutputTokens),
        lengthSlots: ask.lengthSlots,
        grantedAtMs: nowMs,
        expiresAtMs: nowMs + LEASE_MS,
        promptTokensToRead,
        turnsMs: company.turnsMs,
        tpotMs: tpotIn(company, service),
        phase: { kind: 'queued', assumedFirstTokenAtMs },
      },
      nowMs,
    );
  }

  #open(id: string, lease: Lease, nowMs: number): void {
    this.#leases.set(id, lease);
    this.#accountOf(lease.variant).open(lease, nowMs);
    if (lease.phase.kind === 'queued' && lease.phase.assumedFirstTokenAtMs !== Infinity)
      this.#assumed.add(id);
  }

  #close(id: string, lease: Lease, nowMs: number): void {
    this.#leases.delete(id);
    this.#assumed.delete(id);
    this.#accountOf(lease.variant).close(lease, nowMs);
  }

  #startDecoding(id: string, lease: Lease, nowMs: number): void {
    const account = this.#accountOf(lease.variant);
    account.firstToken(lease, this.#services[lease.variant]!);
    this.#leases.set(id, { ...lease, phase: { kind: 'decoding', since: account.mark(nowMs) } });
    this.#assumed.delete(id);
  }

  #passAssumedFirstTokens(nowMs: number): void {
    for (const id of this.#assumed) {
      const lease = this.#leases.get(id);
      if (lease?.phase.kind === 'queued' && lease.phase.assumedFirstTokenAtMs <= nowMs)
        this.#startDecoding(id, lease, nowMs);
    }
  }

  #learnFrom(
    lease: Lease,
    account: EndpointAccount,
    served: Extract<Settlement['outcome'], { kind: 'served' }>,
    nowMs: number,
  ): void {
    const { task, lengthSlots: slots, variant } = lease;
    if (slots !== undefined)
      this.#lengthLearner?.learn({ task, slots, variant }, served.outputTokens, served.cutShort === true);
    if (served.cutShort !== true) this.#learnLength(lease, served.outputTokens);
    if (served.ttftMs !== undefined && lease.phase.kind === 'queued') this.#learnTtft(lease, served.ttftMs);
    if (lease.phase.kind !== 'decoding' || served.outputTokens < 2) return;
    const { prior } = this.#rows.get(variant)!;
    const service = this.#services[variant]!;
    const ttftMs = served.ttftMs ?? ttftIn(lease, service, lease.promptTokensToRead);
    const decodeMs = served.e2eMs - ttftMs;
    const { since } = lease.phase;
    if (decodeMs <= 0 || nowMs <= since.atMs) return;
    const tokens = served.outputTokens - 1;
    const company = account.companySince(since, { variant, tokens }, this.#services, nowMs);
    this.#know(variant, learnTpot(service, prior, company, decodeMs / tokens, lease.tpotMs));
  }

  #learnTtft(lease: Lease, ttftMs: number): void {
    if (ttftMs <= 0) return;
    const { prior } = this.#rows.get(lease.variant)!;
    const service = this.#services[lease.variant]!;
    this.#know(lease.variant, learnTtft(service, prior, lease, lease.promptTokensToRead, ttftMs));
  }

  #know(variant: string, service: LearnedService): void {
    this.#services[variant] = service;
    this.#estimates[variant] = estimateOf(service);
  }

  /** The mean is the task's; the error is that of what was expected of this request, whoever predicted it. */
  #learnLength({ task, expectedOutputTokens }: Lease, outputTokens: number): void {
    const length = this.#lengths[task];
    if (length === undefined || outputTokens < 1) return;
    const error = Math.log(outputTokens / Math.max(expectedOutputTokens, 1));
    this.#lengths[task] = {
      tokens: length.tokens + LENGTH_WEIGHT * (outputTokens - length.tokens),
      logVariance: length.logVariance + LENGTH_WEIGHT * (error ** 2 - length.logVariance),
    };
  }

  /** Time until one of the ranked endpoints is predicted to have a place again. */
  #predictRoom(ask: Ask, nowMs: number): number {
    let soonestMs: number = RETRY_AFTER_MS.most;
    for (const id of ask.ranking) {
      const row = this.#rows.get(id);
      if (row === undefined) continue;
      const account = this.#accounts.get(row.endpoint.id)!;
      const coolingMs = Math.max(account.cooling.untilMs - nowMs, 0);
      soonestMs = Math.min(soonestMs, Math.max(coolingMs, this.#untilCompletionMs(row, account, ask)));
    }
    return Math.max(soonestMs, RETRY_AFTER_MS.least);
  }

  /** Mean time to the next completion at a full endpoint: the time of a request like this one over those in flight. */
  #untilCompletionMs({ variant, endpoint }: Row, account: EndpointAccount, ask: Ask): number {
    if (account.inFlight < placesOf(endpoint)) return 0;
    const service = this.#services[variant.id]!;
    const company = companyOn(endpoint, account, this.#services, variant.id);
    const ttftMs = ttftIn(company, service, ask.promptTokens);
    const tpotMs = tpotIn(company, service);
    return (ttftMs + tpotMs * ask.expectedOutputTokens) / account.inFlight;
  }

  #accountOf(variant: string): EndpointAccount {
    return this.#accounts.get(this.#rows.get(variant)!.endpoint.id)!;
  }
}

/**
 * A lease as another process can go on with: the totals start anew there, and with them the mark in them. Each mark has
 * those of all variants beside it; saved along, those of a thousand leases would be more than the 2 MB that a Durable
 * Object keeps under one key (developers.cloudflare.com/durable-objects/platform/limits).
 */
function withoutTotals(lease: Lease, sinceMs?: number): Lease {
  const { phase } = lease;
  if (phase.kind === 'queued') return lease;
  return { ...lease, phase: { kind: 'decoding', since: { atMs: sinceMs ?? phase.since.atMs, totals: {} } } };
}

function meanTokensOf(lengths: Readonly<Record<string, LengthEstimate>>): Record<string, number> {
  return Object.fromEntries(Object.entries(lengths).map(([task, { tokens }]) => [task, tokens]));
}

function coolingAfter(cooling: Cooling, outcome: Settlement['outcome'], nowMs: number): Cooling {
  switch (outcome.kind) {
    case 'served':
      return afterSuccess(cooling);
    case 'throttled':
      return afterThrottle(cooling, outcome.retryAfterMs, nowMs);
    case 'failed':
      return afterFailure(cooling, nowMs);
    case 'misconfigured':
      return afterMisconfiguration(cooling, nowMs);
    case 'aborted':
      return cooling;
  }
}
