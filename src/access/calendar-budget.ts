type Period = 'day' | 'month';

/** A budget as it is saved: when its period began, and what was taken since. */
export interface SavedBudget {
  readonly beganMs: number;
  readonly taken: number;
}

/** What was taken since the day or the month began, in UTC, against a limit. */
export class CalendarBudget {
  readonly limit: number;
  readonly #period: Period;
  #beganMs: number;
  #taken: number;

  /** @param limit per period; Infinity: none, the budget only counts */
  constructor(period: Period, limit: number, saved: SavedBudget = { beganMs: 0, taken: 0 }) {
    this.#period = period;
    this.limit = limit;
    this.#beganMs = saved.beganMs;
    this.#taken = saved.taken;
  }

  taken(nowMs: number): number {
    this.#turn(nowMs);
    return this.#taken;
  }

  /** Time until the amount fits: 0 if it does, Infinity if it never will. */
  waitMs(amount: number, nowMs: number): number {
    if (this.taken(nowMs) + amount <= this.limit) return 0;
    return amount > this.limit ? Infinity : beginOf(this.#period, nowMs, 1) - nowMs;
  }

  take(amount: number, nowMs: number): void {
    this.#turn(nowMs);
    this.#taken += amount;
  }

  /** Changes what was taken at a time, if that was in the present period. */
  correct(difference: number, takenAtMs: number): void {
    if (takenAtMs >= this.#beganMs) this.#taken += difference;
  }

  save(): SavedBudget {
    return { beganMs: this.#beganMs, taken: this.#taken };
  }

  #turn(nowMs: number): void {
    const beganMs = beginOf(this.#period, nowMs, 0);
    // A clock that steps back over midnight must not give the budget twice.
    if (beganMs <= this.#beganMs) return;
    this.#beganMs = beganMs;
    this.#taken = 0;
  }
}

/** Beginning of the period `later` periods after that of a time. */
function beginOf(period: Period, timeMs: number, later: number): number {
  const time = new Date(timeMs);
  const [year, month, day] = [time.getUTCFullYear(), time.getUTCMonth(), time.getUTCDate()];
  return period === 'day' ? Date.UTC(year, month, day + later) : Date.UTC(year, month + later, 1);
}
