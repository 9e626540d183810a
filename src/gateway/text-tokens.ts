/** Parts whose length says nothing about their tokens. */
const media = new Set(['image_url', 'input_audio', 'audio_url', 'video_url', 'file']);

/**
 * Tokens of every text in a value, by length: four characters of ASCII make a token, and one of any other script makes
 * one by itself.
 */
export function textTokensIn(value: unknown): number {
  if (typeof value === 'string') return tokensInText(value);
  if (typeof value !== 'object' || value === null) return 0;
  let tokens = 0;
  for (const [key, item] of Object.entries(value)) if (!media.has(key)) tokens += textTokensIn(item);
  return tokens;
}

function tokensInText(text: string): number {
  let others = 0;
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 127) others += 1;
  return (text.length - others) / 4 + others;
}
