/** How the local fleet and the gateway count: a token for every four characters of message text, rounded up. */
const charactersPerToken = 4;

/** Text that no two requests start at the same place of, so that a cache of prefixes could not help. */
const filler = 'the quick brown fox jumps over the lazy dog while seven wizards boil sharp flint ';
const fillerRoom = filler.repeat(1_000);

/**
 * A prompt of exactly `promptTokens` tokens that asks for exactly `outputTokens`. The wish is in the text and not in
 * `max_tokens`, which would tell the router what it has to guess in production.
 *
 * A prompt shorter than the sentence (seven or eight tokens) becomes the sentence alone: the answer's length matters
 * more than a few prompt tokens. `promptTokensOf` says how many it then has.
 */
export function promptOf(promptTokens: number, outputTokens: number, index: number): string {
  const wish = wishFor(outputTokens);
  const room = promptTokens * charactersPerToken - wish.length;
  return room <= 0 ? wish : wish + fill(room, index);
}

/** Tokens of the prompt that `promptOf` makes: the asked ones, or the sentence's where that is longer. */
export function promptTokensOf(promptTokens: number, outputTokens: number): number {
  return Math.max(promptTokens, Math.ceil(wishFor(outputTokens).length / charactersPerToken));
}

function wishFor(outputTokens: number): string {
  return `Answer in exactly ${outputTokens} tokens.`;
}

/** `length` characters that begin with a space, from a place of the filler that depends on `index`. */
function fill(length: number, index: number): string {
  const start = (index * 7) % filler.length;
  let text = ' ';
  while (text.length < length) text += fillerRoom.slice(start, start + length - text.length);
  return text;
}
