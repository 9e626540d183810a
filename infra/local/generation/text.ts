import { createHash } from 'node:crypto';
import { type Random, seededRandom } from '../../../src/platform/random.ts';

/** How long answers are when the prompt does not say: a lognormal law. */
export interface LengthLaw {
  readonly medianTokens: number;
  readonly sigma: number;
}

/**
 * Three letters each, so that a word and its blank are one token. Some are not ASCII on purpose: a reader that
 * decodes UTF-8 chunk by chunk is found out.
 */
const words = (
  'the sun was low and all the day ran out the old man sat one eye red sky far sea cold air new ice top bay ' +
  'été naïf où été fog dew oak elm fir ash bee owl fox elk cod eel hen cow ram ewe pig rat bat jay own way'
)
  .split(' ')
  .filter((word) => [...word].length === 3);

/** A number from a text, the same on every machine. */
export function hashOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32LE(0);
}

/** Words for an answer of exactly this many tokens. The same seed gives the same words. */
export function wordsFor(seed: number, tokens: number): string[] {
  const random = seededRandom(seed);
  return Array.from({ length: tokens }, (_, index) => {
    const word = words[Math.floor(random() * words.length)] ?? 'the';
    return index === tokens - 1 ? `${word}.` : `${word} `;
  });
}

/** Tokens the answer to a prompt has by nature: what the prompt asks for, else a draw from its hash. */
export function naturalLength(prompt: string, law: LengthLaw): number {
  const asked = /Answer in exactly (\d{1,6}) tokens\./.exec(prompt)?.[1];
  if (asked !== undefined) return Math.max(1, Number(asked));
  const random = seededRandom(hashOf(`length:${prompt}`));
  return Math.max(1, Math.round(law.medianTokens * Math.exp(law.sigma * standardNormal(random))));
}

/** Box–Muller. */
function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
