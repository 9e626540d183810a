/** Below this many places taken at the front, closing the gap is not worth a move of the rest. */
const WORTH_MOVING = 64;

/** A queue with two ends. Taking from the front of a long array would move all the rest each time. */
export class Deque<T> {
  #items: T[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get first(): T | undefined {
    return this.#items[this.#head];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  unshift(item: T): void {
    if (this.#head === 0) {
      this.#items.unshift(item);
      return;
    }
    this.#head -= 1;
    this.#items[this.#head] = item;
  }

  /** Takes the first item away; does nothing on an empty queue. */
  dropFirst(): void {
    if (this.length === 0) return;
    this.#head += 1;
    if (this.#head === this.#items.length || this.#head >= WORTH_MOVING) this.#compact();
  }

  /** Takes `item` away wherever it stands; tells whether it was there. */
  remove(item: T): boolean {
    const index = this.#items.indexOf(item, this.#head);
    if (index < 0) return false;
    this.#items.splice(index, 1);
    return true;
  }

  #compact(): void {
    if (this.#head * 2 < this.#items.length) return;
    this.#items.splice(0, this.#head);
    this.#head = 0;
  }
}
