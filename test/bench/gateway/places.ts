import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** The repository's root. */
export const root: string = join(import.meta.dirname, '../../..');

const cache = join(root, 'node_modules/.cache/bench-gateway');

/** A folder that outlives the run, for what is worth keeping. */
export function keptFolder(name: string): string {
  const folder = join(cache, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** An empty folder for this run's files. */
export function emptyFolder(name: string): string {
  const folder = join(cache, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}
