/** Whether an endpoint may be tried, from how its last requests ended. Plain data. */
export interface Cooling {
  readonly untilMs: number;
  readonly failuresInARow: number;
  /** Whether the endpoint asked for it itself. */
  readonly throttled: boolean;
}

export const notCooling: Cooling = { untilMs: 0, failuresInARow: 0, throttled: false };

/** A throttled endpoint is left alone for as long as it asked, or this long when it did not say. */
const THROTTLE_DEFAULT_MS = 1_000;
/** Single failures happen to healthy endpoints; from this many in a row on the endpoint is left alone. */
const FAILURES_TO_COOL = 3;
const FIRST_COOLING_MS = 1_000;
/** No endpoint is left alone for longer at a stretch: the next request then finds out. */
const LONGEST_COOLING_MS = 30_000;

export function afterSuccess(cooling: Cooling): Cooling {
  return cooling.failuresInARow === 0 ? cooling : { ...cooling, failuresInARow: 0 };
}

export function afterThrottle(cooling: Cooling, retryAfterMs: number | undefined, nowMs: number): Cooling {
  const waitMs = Math.min(Math.max(retryAfterMs ?? THROTTLE_DEFAULT_MS, 0), LONGEST_COOLING_MS);
  return { ...cooling, untilMs: Math.max(cooling.untilMs, nowMs + waitMs), throttled: true };
}

/** Doubles with each further failure; after the wait one failure is enough to start it again. */
export function afterFailure(cooling: Cooling, nowMs: number): Cooling {
  const failuresInARow = cooling.failuresInARow + 1;
  if (failuresInARow < FAILURES_TO_COOL) return { ...cooling, failuresInARow };
  const waitMs = Math.min(FIRST_COOLING_MS * 2 ** (failuresInARow - FAILURES_TO_COOL), LONGEST_COOLING_MS);
  return { failuresInARow, untilMs: Math.max(cooling.untilMs, nowMs + waitMs), throttled: false };
}

/** Wrong credentials or a missing endpoint do not heal by themselves. */
export function afterMisconfiguration(cooling: Cooling, nowMs: number): Cooling {
  return { ...cooling, untilMs: nowMs + LONGEST_COOLING_MS, throttled: false };
}
