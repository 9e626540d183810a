import { repeatedField } from '../../../src/platform/duplicate-field.ts';

/**
 * A JSON text's value. `JSON.parse` keeps the last of two fields of one name and says nothing; here that is a fault, so
 * that no line of a file is without effect.
 * @throws SyntaxError with what is wrong
 */
export function parseJson(text: string): unknown {
  const document: unknown = JSON.parse(text);
  const repeated = repeatedField(text);
  if (repeated !== undefined) throw new SyntaxError(`"${repeated.name}" is given twice in one object`);
  return document;
}
