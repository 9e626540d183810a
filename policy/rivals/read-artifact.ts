import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';

/**
 * What tuning or training has left, as JSON.
 * @returns undefined when there is no such file
 * @throws Error naming the file, for one that is no JSON, and every field that the schema finds fault with
 */
export function readArtifact<T>(file: URL | string, schema: z.ZodType<T>): T | undefined {
  if (!existsSync(file)) return undefined;
  const parsed = schema.safeParse(documentIn(file));
  if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function documentIn(file: URL | string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file}: ${String(error)}`, { cause: error });
  }
}
