/** Characters to a token. The fleet has no tokenizer: every text costs its length over this, rounded up. */
const charactersPerToken = 4;

/** Tokens a text of this many characters costs. */
export function tokensOf(characters: number): number {
  return Math.ceil(characters / charactersPerToken);
}

/** A text as the pieces a server would stream it in, one per token. Empty text is one empty token. */
export function piecesOf(text: string): string[] {
  const characters = [...text];
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; at += charactersPerToken)
    pieces.push(characters.slice(at, at + charactersPerToken).join(''));
  return pieces.length > 0 ? pieces : [''];
}
