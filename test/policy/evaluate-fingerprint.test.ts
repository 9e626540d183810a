import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { code, Fingerprints, learnedCode } from '../../policy/evaluate/fingerprint.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Every file of the project that one imports, directly or not, itself included; paths from the root. */
function reachedFrom(entry: string, reached = new Set<string>()): ReadonlySet<string> {
  if (reached.has(entry)) return reached;
  reached.add(entry);
  const text = readFileSync(join(root, entry), 'utf8');
  for (const [, path] of text.matchAll(/^(?:import|export|\}) .*?from '(\.[^']+)'/gm)) {
    const file = join(root, dirname(entry), path!);
    if (existsSync(file) && file.endsWith('.ts')) reachedFrom(relative(root, file), reached);
  }
  return reached;
}

const isWithin = (paths: readonly string[]) => (file: string) =>
  paths.some((path) => file === path || file.startsWith(`${path}/`));

describe('what a stored result is known by', () => {
  test('covers every file that a trial runs', () => {
    const files = [...reachedFrom('policy/evaluate/trial.ts')];
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter((file) => !isWithin([...code, ...learnedCode])(file))).toEqual([]);
  });

  test('names files and folders that there are', () => {
    for (const path of [...code, ...learnedCode])
      expect(() => statSync(join(root, path)), path).not.toThrow();
  });

  test('counts what only the learned policy runs for nobody else', () => {
    const others = [...reachedFrom('policy/evaluate/trial.ts')].filter(
      (file) => !isWithin(learnedCode)(file) && !/learned|specialist/.test(file),
    );
    const importers = others.filter((file) =>
      /from '[^']*\/(learned\/|model\/)/.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(importers).toEqual([]);
  });

  test('is another for another scorer, seed or setting, and the same for the same', () => {
    const setting = { fleet: 'chat', workload: 'storm' };
    const of = (scorer: string, seed: number, changes = {}) =>
      new Fingerprints().of({ kind: 'measures', setting: { ...setting, ...changes }, scorer, seed });
    const keys = [
      of('shadow-price', 1),
      of('shadow-price', 2),
      of('learned', 1),
      of('shadow-price', 1, { ratePerSecond: 3 }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(of('shadow-price', 1)).toBe(keys[0]);
  });
});
