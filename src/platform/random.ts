/** Uniform draws from [0, 1). */
export type Random = () => number;

/**
 * A seeded stream of uniform draws (mulberry32: 32 bits of state, passes the usual small-generator tests).
 * The same seed gives the same stream on every machine.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
