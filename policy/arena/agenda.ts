import { EventQueue } from './event-queue.ts';

/**
 * The moment a simulation stands at, and what is yet to happen. At one moment changes (faults that begin or end,
 * alarms, scaling) come first, then messages arrive.
 */
export class Agenda {
  readonly #changes = new EventQueue();
  readonly #messages = new EventQueue();
  #nowMs = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** When something next happens; Infinity when nothing will. */
  get nextMs(): number {
    return Math.min(this.#changes.nextMs, this.#messages.nextMs);
  }

  /** Whether no message is under way. */
  get quiet(): boolean {
    return this.#messages.nextMs === Number.POSITIVE_INFINITY;
  }

  moveTo(atMs: number): void {
    this.#nowMs = atMs;
  }

  /** A message that takes `delayMs`; one without delay is there at once. */
  after(delayMs: number, arrive: () => void): void {
    this.at(this.#nowMs + delayMs, arrive);
  }

  /** A message that arrives at a moment; now means at once. */
  at(atMs: number, arrive: () => void): void {
    if (atMs <= this.#nowMs) arrive();
    else this.#messages.schedule(atMs, arrive);
  }

  /** What happens by itself. Changes to come do not keep a simulation running. */
  changeAt(atMs: number, happen: () => void): void {
    this.#changes.schedule(Math.max(atMs, this.#nowMs), happen);
  }

  /** Lets the next thing of this moment happen. @returns whether there was one */
  happenNow(): boolean {
    if (this.#changes.nextMs <= this.#nowMs) this.#changes.next();
    else if (this.#messages.nextMs <= this.#nowMs) this.#messages.next();
    else return false;
    return true;
  }
}
