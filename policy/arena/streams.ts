import { type Random, seededRandom } from '../../src/platform/random.ts';

/**
 * The stream of draws that belongs to a name. Whatever else draws, or is left out, a name's stream stays the same, so
 * contenders that route differently meet the same faults.
 */
export function streamNamed(seed: number, name: string): Random {
  return seededRandom(fnv1a(`${seed} ${name}`));
}

/** FNV-1a, 32 bits (Fowler, Noll and Vo). */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
