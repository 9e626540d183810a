import { CalendarBudget, type SavedBudget } from './calendar-budget.ts';
import type { KeyLimits } from './policy.ts';
import { type SavedWindow, SlidingWindow } from './sliding-window.ts';

/**
 * A reservation nobody settles is forgotten after this long, and what it reserved counts as used. Longer than all
 * but the longest answers take.
 */
const RESERVATION_MS = 600_000;
/** Wait for room that others have only reserved: most of it comes back when their answers end. */
const RESERVED_RETRY_MS = 1_000;

type LimitName = Exclude<keyof KeyLimits, 'outputTokens'>;

/** Why a request may not be admitted now. */
export interface Refusal {
  readonly limit: LimitName;
  /** Infinity: it asks for more at once than the limit ever allows. */
  readonly retryAfterMs: number;
  /** Whether the limit is used up, and not only held by requests that may return some of it. */
  readonly usedUp: boolean;
}

/** How a per-minute limit stands. */
export interface Standing {
  readonly limit: number;
  readonly remaining: number;
  /** Time until all of it is there again. */
  readonly resetMs: number;
}

/** How the per-minute limits stand; those that are not limited are absent. */
export interface Standings {
  readonly requests?: Standing;
  readonly tokens?: Standing;
}

/** What was used, for a person who asks. */
export interface UsageSummary {
  readonly requestsLastMinute: number;
  readonly tokensLastMinute: number;
  readonly tokensToday: number;
  readonly tokensThisMonth: number;
}

/** What survives the eviction of the process that counts. */
export interface SavedUsage {
  readonly requests: SavedWindow;
  readonly tokens: SavedWindow;
  readonly day: SavedBudget;
  readonly month: SavedBudget;
  readonly reservations: readonly (readonly [id: string, reservation: Reservation])[];
}

interface Reservation {
  readonly tokens: number;
  readonly atMs: number;
}

/**
 * What one caller has used, against its limits. A request reserves the most tokens it can take when it is admitted,
 * and gives back what it has not taken when it ends; so a limit holds however many are in flight.
 */
export class Usage {
  readonly #requests: SlidingWindow;
  readonly #tokens: SlidingWindow;
  readonly #day: CalendarBudget;
  readonly #month: CalendarBudget;
  /** In the order of admission, which is also that of expiry. */
  readonly #reservations: Map<string, Reservation>;
  #tokensReserved = 0;
  #unsavedRequests = 0;
  #unsavedTokens = 0;

  constructor(limits: KeyLimits, saved?: SavedUsage) {
    this.#requests = new SlidingWindow(limits.requestsPerMinute ?? Infinity, saved?.requests);
    this.#tokens = new SlidingWindow(limits.tokensPerMinute ?? Infinity, saved?.tokens);
    this.#day = new CalendarBudget('day', limits.tokensPerDay ?? Infinity, saved?.day);
    this.#month = new CalendarBudget('month', limits.tokensPerMonth ?? Infinity, saved?.month);
    this.#reservations = new Map(saved?.reservations);
    for (const { tokens } of this.#reservations.values()) this.#tokensReserved += tokens;
  }

  /** What stands against one more request with so many tokens; of several limits the one that lasts longest. */
  refusal(tokens: number, nowMs: number): Refusal | undefined {
    this.#expire(nowMs);
    const refusals = [
      this.#refusalOf('requestsPerMinute', this.#requests, 1, 0, nowMs),
      this.#refusalOf('tokensPerMinute', this.#tokens, tokens, this.#tokensReserved, nowMs),
      this.#refusalOf('tokensPerDay', this.#day, tokens, this.#tokensReserved, nowMs),
      this.#refusalOf('tokensPerMonth', this.#month, tokens, this.#tokensReserved, nowMs),
    ].filter((refusal) => refusal !== undefined);
    if (refusals.length === 0) return undefined;
    return refusals.reduce((longest, next) => (next.retryAfterMs > longest.retryAfterMs ? next : longest));
  }

  /** Counts a request, and reserves its tokens under its id. */
  admit(id: string, tokens: number, nowMs: number): void {
    this.#requests.take(1, nowMs);
    this.#unsavedRequests += 1;
    if (tokens === 0) return;
    for (const meter of [this.#tokens, this.#day, this.#month]) meter.take(tokens, nowMs);
    this.#reservations.set(id, { tokens, atMs: nowMs });
    this.#tokensReserved += tokens;
    this.#unsavedTokens += tokens;
  }

  /**
   * Ends a reservation with what was really taken; undefined, or no count at all: what was reserved. The first call
   * with an id counts, any further one is ignored.
   */
  settle(id: string, tokens: number | undefined): void {
    const reservation = this.#reservations.get(id);
    if (reservation === undefined) return;
    this.#forget(id, reservation);
    // An endpoint's word on its tokens is not ours: one that is no number would end all limits.
    if (tokens === undefined || !(tokens >= 0 && tokens < Infinity)) return;
    const difference = tokens - reservation.tokens;
    for (const meter of [this.#tokens, this.#day, this.#month]) meter.correct(difference, reservation.atMs);
  }

  standings(nowMs: number): Standings {
    return {
      ...(this.#requests.limit < Infinity && { requests: standingOf(this.#requests, nowMs) }),
      ...(this.#tokens.limit < Infinity && { tokens: standingOf(this.#tokens, nowMs) }),
    };
  }

  summary(nowMs: number): UsageSummary {
    return {
      requestsLastMinute: this.#requests.taken(nowMs),
      tokensLastMinute: this.#tokens.taken(nowMs),
      tokensToday: this.#day.taken(nowMs),
      tokensThisMonth: this.#month.taken(nowMs),
    };
  }

  /** The largest share of any limit that would be forgotten if the process died now. */
  get unsavedShare(): number {
    const tokenLimit = Math.min(this.#tokens.limit, this.#day.limit, this.#month.limit);
    return Math.max(this.#unsavedRequests / this.#requests.limit, this.#unsavedTokens / tokenLimit);
  }

  /** What has to be kept. From here on nothing is unsaved. */
  save(): SavedUsage {
    this.#unsavedRequests = 0;
    this.#unsavedTokens = 0;
    return {
      requests: this.#requests.save(),
      tokens: this.#tokens.save(),
      day: this.#day.save(),
      month: this.#month.save(),
      reservations: [...this.#reservations],
    };
  }

  /** @param reserved of what the meter holds, how much may still come back */
  #refusalOf(
    limit: LimitName,
    meter: SlidingWindow | CalendarBudget,
    amount: number,
    reserved: number,
    nowMs: number,
  ): Refusal | undefined {
    const waitMs = meter.waitMs(amount, nowMs);
    if (waitMs === 0) return undefined;
    const usedUp = waitMs === Infinity || meter.waitMs(amount - reserved, nowMs) > 0;
    return { limit, usedUp, retryAfterMs: usedUp ? waitMs : Math.min(waitMs, RESERVED_RETRY_MS) };
  }

  #expire(nowMs: number): void {
    for (const [id, reservation] of this.#reservations) {
      if (reservation.atMs + RESERVATION_MS > nowMs) return;
      this.#forget(id, reservation);
    }
  }

  #forget(id: string, reservation: Reservation): void {
    this.#reservations.delete(id);
    this.#tokensReserved -= reservation.tokens;
  }
}

function standingOf(window: SlidingWindow, nowMs: number): Standing {
  const remaining = Math.max(window.limit - window.taken(nowMs), 0);
  return { limit: window.limit, remaining, resetMs: window.resetMs(nowMs) };
}
