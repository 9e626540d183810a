/** The path of the first field that an object of a JSON text names twice, or undefined; see `repeatedField`. */
export function duplicateField(text: string): string | undefined {
  return repeatedField(text)?.path;
}

/**
 * The first field that an object of a JSON text names twice, or undefined. `JSON.parse` keeps the last and says nothing,
 * so a proxy and the server behind it can read two different requests from one text.
 * @param text valid JSON; strings are skipped by searching for their end, so long prompts cost little
 */
export function repeatedField(text: string): { readonly path: string; readonly name: string } | undefined {
  const open: { readonly keys: Set<string> | undefined; key: string; index: number }[] = [];
  const path = () =>
    open.reduce(
      (soFar, { keys, key, index }) =>
        keys === undefined ? `${soFar}[${index}]` : soFar === '' ? key : `${soFar}.${key}`,
      '',
    );
  let expectsKey = false;
  for (let position = 0; position < text.length; position++) {
    const top = open.at(-1);
    switch (text.charCodeAt(position)) {
      case QUOTE: {
        const end = endOfString(text, position);
        if (expectsKey && top?.keys !== undefined) {
          top.key = JSON.parse(text.slice(position, end + 1)) as string;
          if (top.keys.has(top.key)) return { path: path(), name: top.key };
          top.keys.add(top.key);
          expectsKey = false;
        }
        position = end;
        break;
      }
      case OPEN_OBJECT:
        open.push({ keys: new Set(), key: '', index: 0 });
        expectsKey = true;
        break;
      case OPEN_ARRAY:
        open.push({ keys: undefined, key: '', index: 0 });
        expectsKey = false;
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        open.pop();
        expectsKey = false;
        break;
      case COMMA:
        if (top === undefined) break;
        if (top.keys === undefined) top.index += 1;
        else expectsKey = true;
    }
  }
  return undefined;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const BACKSLASH = 0x5c;

/** Position of the quote that closes the string opened at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, position: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(position - 1 - backslashes) === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}
