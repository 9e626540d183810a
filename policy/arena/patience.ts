import { Deque } from '../simulator/deque.ts';
import type { Agenda } from './agenda.ts';
import { type Attempt, isSilent } from './journey.ts';

/** Calls attempts off whose first token, or whose whole answer, is too long in coming, as the gateway does. */
export class Patience {
  readonly #agenda: Agenda;
  readonly #patienceMs: number;
  readonly #giveUp: (attempt: Attempt) => void;
  /** In the order of their dispatch, which is that of their end too, since all are waited for equally long. */
  readonly #waiting = new Deque<Attempt>();
  #alarmSet = false;

  constructor(agenda: Agenda, patienceMs: number, giveUp: (attempt: Attempt) => void) {
    this.#agenda = agenda;
    this.#patienceMs = patienceMs;
    this.#giveUp = giveUp;
  }

  watch(attempt: Attempt): void {
    this.#dropHeard();
    this.#waiting.push(attempt);
    this.#setAlarm();
  }

  #setAlarm(): void {
    const { first } = this.#waiting;
    if (this.#alarmSet || first === undefined) return;
    this.#alarmSet = true;
    this.#agenda.changeAt(first.dispatchedAtMs + this.#patienceMs, () => {
      this.#alarmSet = false;
      this.#ring();
      this.#setAlarm();
    });
  }

  #ring(): void {
    for (;;) {
      this.#dropHeard();
      const { first } = this.#waiting;
      if (first === undefined || first.dispatchedAtMs + this.#patienceMs > this.#agenda.nowMs) return;
      this.#waiting.dropFirst();
      this.#giveUp(first);
    }
  }

  #dropHeard(): void {
    let { first } = this.#waiting;
    while (first !== undefined && !isSilent(first)) {
      this.#waiting.dropFirst();
      first = this.#waiting.first;
    }
  }
}
