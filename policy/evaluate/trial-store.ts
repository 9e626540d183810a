import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { TrialResult } from './trial.ts';

const share = z.number().min(0).max(1);
const lineSchema = z.strictObject({
  key: z.string(),
  result: z.strictObject({
    requests: z.int().min(0),
    utility: z.number(),
    onTime: share,
    f96: share,
    f98: share,
    shed: share,
    failed: share,
    gpus: z.int().positive(),
  }),
});

/**
 * Results of finished trials by key, in a file of one JSON line each, written the moment they are there. A line that
 * was cut when the process was killed counts as not there.
 */
export class TrialStore {
  readonly #path: string;
  readonly #results = new Map<string, TrialResult>();

  constructor(path: string) {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true });
    for (const line of linesOf(path)) {
      const { success, data } = lineSchema.safeParse(parsed(line));
      if (success) this.#results.set(data.key, data.result);
    }
    // Whatever the last line was, the next one begins on its own.
    appendFileSync(path, '\n');
  }

  get(key: string): TrialResult | undefined {
    return this.#results.get(key);
  }

  add(key: string, result: TrialResult): void {
    this.#results.set(key, result);
    appendFileSync(this.#path, `${JSON.stringify({ key, result })}\n`);
  }
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
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
