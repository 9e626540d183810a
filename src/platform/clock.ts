/** Milliseconds since an epoch of the clock's own choosing; only differences carry meaning. */
export type Clock = () => number;

/** The wall clock. In a Worker it stands still while code runs and moves on I/O only. */
export const wallClock: Clock = () => Date.now();
