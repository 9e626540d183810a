import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { SearchState } from './cross-entropy.ts';

const point = z.array(z.number()).readonly();
const stateSchema = z.strictObject({
  /** The search this is the state of; another one must not go on from it. */
  search: z.string(),
  state: z.strictObject({
    iteration: z.int().min(0),
    mean: point,
    deviation: point,
    best: z.strictObject({ point, value: z.number() }).readonly().optional(),
    startValue: z.number().optional(),
  }),
});

/** Where a search keeps its state between iterations, so that it can be stopped at any time. */
export class StateFile {
  readonly #path: string;
  readonly #search: string;

  /** @param search everything the search's result depends on */
  constructor(path: string, search: object) {
    this.#path = path;
    this.#search = JSON.stringify(search);
  }

  /** The state left by a search that was stopped; undefined when there is none or it was another search's. */
  read(): SearchState | undefined {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch {
      return undefined;
    }
    const stored = stateSchema.safeParse(JSON.parse(text));
    if (!stored.success || stored.data.search !== this.#search) return undefined;
    const { best, startValue, ...state } = stored.data.state;
    return { ...state, best, startValue };
  }

  write(state: SearchState): void {
    mkdirSync(dirname(this.#path), { recursive: true });
    // Renamed into place: whoever stops the search stops it with one whole state or the other.
    const unfinished = `${this.#path}.new`;
    writeFileSync(unfinished, JSON.stringify({ search: this.#search, state }));
    renameSync(unfinished, this.#path);
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}
