interface Event {
  readonly atMs: number;
  readonly sequence: number;
  readonly happen: () => void;
}

/** Events in the order of time, then of being scheduled: a total order, so a run depends on nothing else. */
export class EventQueue {
  readonly #heap: Event[] = [];
  #scheduled = 0;

  /** Time of the next event; Infinity when there is none. */
  get nextMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  schedule(atMs: number, happen: () => void): void {
    this.#heap.push({ atMs, sequence: this.#scheduled++, happen });
    this.#rise(this.#heap.length - 1);
  }

  /** Takes the next event out and lets it happen. */
  next(): void {
    const event = this.#heap[0];
    if (event === undefined) return;
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink(0);
    }
    event.happen();
  }

  #rise(start: number): void {
    const heap = this.#heap;
    const event = heap[start]!;
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = event;
  }

  #sink(start: number): void {
    const heap = this.#heap;
    const event = heap[start]!;
    let index = start;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, event)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = event;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);
}
