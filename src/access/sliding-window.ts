/** Length of the window all per-minute limits hold in. */
const WINDOW_MS = 60_000;
/** Amounts are kept per quarter of a second. */
const SLOT_MS = 250;

interface Slot {
  readonly index: number;
  amount: number;
}

/** A window as it is saved: slots with what was taken in them, oldest first. */
export type SavedWindow = readonly (readonly [index: number, amount: number])[];

/**
 * What was taken in the last minute, against a limit. A slot counts until all of it is a minute old. So no minute,
 * wherever it begins, holds more than the limit, and what was taken comes back at most a slot late: a caller who
 * takes all that is allowed gets at least 240 parts of 241.
 */
export class SlidingWindow {
  readonly limit: number;
  readonly #slots: Slot[];
  #taken: number;

  /** @param limit per minute; Infinity: none, the window only counts */
  constructor(limit: number, saved: SavedWindow = []) {
    this.limit = limit;
    this.#slots = saved.map(([index, amount]) => ({ index, amount }));
    this.#taken = saved.reduce((sum, [, amount]) => sum + amount, 0);
  }

  taken(nowMs: number): number {
    this.#forget(nowMs);
    return this.#taken;
  }

  /** Time until the amount fits: 0 if it does, Infinity if it never will. */
  waitMs(amount: number, nowMs: number): number {
    this.#forget(nowMs);
    let missing = this.#taken + amount - this.limit;
    if (missing <= 0) return 0;
    for (const slot of this.#slots) {
      missing -= slot.amount;
      if (missing <= 0) return endOf(slot) - nowMs;
    }
    return Infinity;
  }

  /** Time until nothing of what was taken counts any more. */
  resetMs(nowMs: number): number {
    this.#forget(nowMs);
    const newest = this.#slots.at(-1);
    return newest === undefined ? 0 : endOf(newest) - nowMs;
  }

  take(amount: number, nowMs: number): void {
    const index = slotAt(nowMs);
    const newest = this.#slots.at(-1);
    // A clock that steps back must not unsettle the order.
    if (newest !== undefined && newest.index >= index) newest.amount += amount;
    else this.#slots.push({ index, amount });
    this.#taken += amount;
  }

  /** Changes what was taken at a time, as long as that still counts. */
  correct(difference: number, takenAtMs: number): void {
    const index = slotAt(takenAtMs);
    const slot = this.#slots.findLast((candidate) => candidate.index <= index);
    if (slot === undefined) return;
    slot.amount += difference;
    this.#taken += difference;
  }

  save(): SavedWindow {
    return this.#slots.map(({ index, amount }) => [index, amount]);
  }

  #forget(nowMs: number): void {
    const current = this.#slots.findIndex((slot) => endOf(slot) > nowMs);
    const old = this.#slots.splice(0, current === -1 ? this.#slots.length : current);
    for (const { amount } of old) this.#taken -= amount;
  }
}

function slotAt(timeMs: number): number {
  return Math.floor(timeMs / SLOT_MS);
}

/** When a slot stops to count. */
function endOf({ index }: Slot): number {
  return (index + 1) * SLOT_MS + WINDOW_MS;
}
