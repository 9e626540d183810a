const strings = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/**
 * A JSON text's value. `JSON.parse` keeps the last of two fields of one name and says nothing; here that is a fault, so
 * that no line of a file is without effect.
 * @throws SyntaxError with what is wrong
 */
export function parseJson(text: string): unknown {
  const document: unknown = JSON.parse(text);
  const repeated = repeatedField(text, document);
  if (repeated !== undefined) throw new SyntaxError(`"${repeated}" is given twice in one object`);
  return document;
}

/** A name that the text gives to more fields than the document has. */
function repeatedField(text: string, document: unknown): string | undefined {
  const given = new Map<string, number>();
  const count = (name: string, times: number) => given.set(name, (given.get(name) ?? 0) + times);
  for (const [match, colon] of text.matchAll(strings))
    if (colon !== undefined) count(String(JSON.parse(match.slice(0, -colon.length))), 1);
  for (const name of fieldsOf(document)) count(name, -1);
  return [...given].find(([, times]) => times > 0)?.[0];
}

function fieldsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = Array.isArray(value) ? [] : Object.keys(value);
  return [...own, ...Object.values(value).flatMap(fieldsOf)];
}
