import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contenderNames } from '../rivals/contenders.ts';
import { readSpecialists } from '../rivals/specialists.ts';
import { readTuned } from '../rivals/tuned.ts';
import { placesOf } from '../workloads/file/places.ts';
import { readDocument } from '../workloads/file/read-document.ts';
import type { Job, Setting } from './trial.ts';

/** The code a job runs, with the data that comes with it. */
const code = [
  'src',
  'policy/arena',
  'policy/bounds',
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
  readonly #code = digest(code.map((path) => digestOfPath(join(root, path))));
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

function digestOfSetting({ fleet, workload, ...changes }: Setting): string {
  const ofFleet = fleet.endsWith('.json') ? readFileSync(fleet, 'utf8') : fleet;
  const document = readDocument(workload);
  const places = placesOf(workload);
  const recorded = filesNamedIn(document).map((file) => digestOfPath(places.find(file, 'file')));
  // A workload without a name of its own is called after its file, and tuning is looked up by name.
  return digest([ofFleet, basename(workload), document, recorded, changes]);
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
  return digest([name, tuned, artifacts, file === undefined ? '' : digestOfPath(file), specialist]);
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

/** A file's content, or a folder's files with their paths. */
function digestOfPath(path: string): string {
  if (!statSync(path).isDirectory()) return digest(readFileSync(path));
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
  return digest(
    files
      .filter((file) => statSync(join(path, file)).isFile())
      .map((file) => [file, digest(readFileSync(join(path, file)))]),
  );
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
