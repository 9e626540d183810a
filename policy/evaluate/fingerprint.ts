import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contenderNames } from '../rivals/contenders.ts';
import { readSpecialists } from '../rivals/specialists.ts';
import { readTuned } from '../rivals/tuned.ts';
import { placesOf } from '../workloads/file/places.ts';
import { readDocument } from '../workloads/file/read-document.ts';
import { loadFleet } from './load-fleet.ts';
import type { Job, Setting } from './trial.ts';

/** What only the learned policy and its specialists run, so that others' results outlast a change of it. */
export const learnedCode = ['src/model', 'src/routing/learned', 'src/routing/scorers/learned.ts'];
/** The code that every job runs, with the data that comes with it. */
export const code = [
  'src/catalogues',
  'src/limits.ts',
  'src/platform',
  'src/pool',
  'src/routing',
  'policy/arena',
  'policy/bounds',
  'policy/command-line/command-error.ts',
  'policy/csv',
  'policy/nn',
  'policy/rivals',
  'policy/simulator',
  'policy/train/scenarios',
  'policy/tune/cross-entropy.ts',
  'policy/tune/search-space.ts',
  'policy/tune/tune-on-scenario.ts',
  'policy/workloads',
  'policy/evaluate/contender-of.ts',
  'policy/evaluate/load-fleet.ts',
  'policy/evaluate/read-json.ts',
  'policy/evaluate/trial.ts',
];
const root = fileURLToPath(new URL('../..', import.meta.url));
const artifactFolder = join(root, 'policy/artifacts');
/** Of these only what concerns a contender counts for it. */
const collections = new Set(['tuned.json', 'specialists.json']);
/** What the evaluation itself writes there decides nothing. */
const isOwnOutput = (file: string) => /^eval\b/.test(file);

/** Digests of everything that decides a job's result, so that a stored one is taken for that job alone. */
export class Fingerprints {
  readonly #code = digestOfCode(code, learnedCode);
  readonly #settings = new Map<string, string>();
  readonly #scorers = new Map<string, string>();

  of(job: Job): string {
    const { kind, seed } = job;
    const scorer = 'scorer' in job ? job.scorer : '';
    const ofSetting = 'setting' in job ? this.#ofSetting(job.setting) : '';
    const ofScorer = kept(this.#scorers, scorer, () => digestOfScorer(scorer));
    return digest([this.#code, kind, ofSetting, ofScorer, seed]);
  }

  #ofSetting(setting: Setting): string {
    return kept(this.#settings, JSON.stringify(setting), () => digestOfSetting(setting));
  }
}

/** @param except paths within those of `paths` that do not count */
function digestOfCode(paths: readonly string[], except: readonly string[] = []): string {
  const out = new Set(except.map((path) => join(root, path)));
  return digest(paths.map((path) => digestOfPath(join(root, path), out)));
}

function digestOfSetting({ fleet, workload, ...changes }: Setting): string {
  const { name, catalogue, hardware } = loadFleet(fleet);
  const document = readDocument(workload);
  const places = placesOf(workload);
  const recorded = filesNamedIn(document).map((file) => digestOfPath(places.find(file, 'file')));
  // A workload without a name of its own is called after its file, and tuning is looked up by name.
  return digest([name, catalogue, [...hardware], basename(workload), document, recorded, changes]);
}

/** Every `file` and `folder` of a workload document, however deep. */
function filesNamedIn(document: unknown): string[] {
  if (typeof document !== 'object' || document === null) return [];
  return Object.entries(document).flatMap(([field, value]) =>
    (field === 'file' || field === 'folder') && typeof value === 'string' ? [value] : filesNamedIn(value),
  );
}

/**
 * A contender's name and what was found for it: tuning results of the scorer its name begins with, and artifacts whose
 * name begins with that of its family, which is the name up to an `@`, `:` or `+`. Artifacts that are nobody's by name
 * might be anybody's, and count for all; a file that the name itself gives counts too.
 */
function digestOfScorer(name: string): string {
  const tuned = readTuned().filter(({ scorer }) => name.startsWith(scorer));
  const [family = name] = name.split(/[@:+]/);
  const artifacts = artifactNames()
    .filter((file) => file.startsWith(family) || !contenderNames.some((other) => file.startsWith(other)))
    .map((file) => digestOfPath(join(artifactFolder, file)));
  const [, file] = /^learned:(.+?)(?:\+|$)/.exec(name) ?? [];
  const [, specialty] = /^specialist@(.+?)(?:\+|$)/.exec(name) ?? [];
  const specialist = specialty === undefined ? '' : readSpecialists()?.specialists[specialty]?.parameters;
  const ownCode = family === 'learned' || family === 'specialist' ? digestOfCode(learnedCode) : '';
  return digest([name, tuned, artifacts, file === undefined ? '' : digestOfPath(file), specialist, ownCode]);
}

function artifactNames(): string[] {
  try {
    return readdirSync(artifactFolder)
      .filter((file) => !collections.has(file) && !isOwnOutput(file))
      .sort();
  } catch {
    return [];
  }
}

/** A file's content, or a folder's files with their paths, but for those that are out. */
function digestOfPath(path: string, out: ReadonlySet<string> = new Set()): string {
  if (!statSync(path).isDirectory()) return digest(readFileSync(path));
  const entries = readdirSync(path).filter((entry) => !out.has(join(path, entry)));
  return digest(entries.sort().map((entry) => [entry, digestOfPath(join(path, entry), out)]));
}

function digest(value: unknown): string {
  const content = Buffer.isBuffer(value) ? value : JSON.stringify(value);
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}

function kept(map: Map<string, string>, key: string, make: () => string): string {
  const known = map.get(key) ?? make();
  map.set(key, known);
  return known;
}
