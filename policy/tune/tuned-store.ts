import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isSame, readTuned, type TunedKey, type TunedResult } from '../rivals/tuned.ts';

/** Puts a result into a file of results, in place of an earlier one for the same scorer, fleet and workload. */
export function storeTuned(file: string, result: TunedResult): void {
  const others = readTuned(file).filter((other) => !isSame(other, result));
  const results = [...others, result].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify({ results }, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

function sortKey({ fleet, workload, scorer }: TunedKey): string {
  return `${fleet}/${workload}/${scorer}`;
}
