/** Where a replica's time comes from, so that a test can bring its own. */
export interface Timeline {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Calls back once, no earlier than `atMs`; the function returned takes that back. */
  at(atMs: number, callback: () => void): () => void;
}

export const realTimeline: Timeline = {
  now: () => performance.now(),
  at(atMs, callback) {
    const timer = setTimeout(callback, Math.max(0, atMs - performance.now()));
    return () => clearTimeout(timer);
  },
};
