import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const lineSchema = z.strictObject({ key: z.string(), result: z.unknown() });

/**
 * Results of finished jobs by key, in a file of one JSON line each, written the moment they are there. A line that was
 * cut when the process was killed counts as not there.
 */
export class TrialStore {
  readonly #path: string;
  readonly #results = new Map<string, unknown>();

  constructor(path: string) {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true });
    const lines = linesOf(path);
    for (const line of lines) {
      const { success, data } = lineSchema.safeParse(parsed(line));
      if (success) this.#results.set(data.key, data.result);
    }
    // Whatever the last line was, the next one begins on its own.
    if (lines.at(-1) !== '') appendFileSync(path, '\n');
  }

  get(key: string): unknown {
    return this.#results.get(key);
  }

  add(key: string, result: unknown): void {
    this.#results.set(key, result);
    appendFileSync(this.#path, `${JSON.stringify({ key, result })}\n`);
  }
}

/** Of a file that does not exist: one, which is empty. */
function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [''];
    throw error;
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
