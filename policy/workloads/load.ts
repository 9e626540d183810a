import { basename, extname } from 'node:path';
import { seededRandom } from '../../src/platform/random.ts';
import { isBundled } from './file/bundled.ts';
import type { WorkloadDocument } from './file/document.ts';
import { lengthsOf } from './file/lengths-of.ts';
import { type Places, placesOf } from './file/places.ts';
import { readDocument } from './file/read-document.ts';
import { type Source, sourceOf } from './file/source.ts';
import { mixOf, tasksOf } from './file/tasks-of.ts';
import { generate, type TaskProfile, type WorkloadRecipe } from './generate.ts';
import type { WorkloadRequest } from './request.ts';
import { lognormalAround } from './variates.ts';
import { WorkloadError } from './workload-error.ts';

/** Requests of one run at most: hours of simulation; a slip in a unit asks for more. */
const mostRequests = 1e9;

export interface LoadOptions {
  /** The fleet's tasks: requests are spread over them where the workload names none, and may be of no other. */
  readonly tasks?: readonly string[] | undefined;
  /** Instead of the workload's own. */
  readonly durationMs?: number | undefined;
  /**
   * Mean requests per second instead of the workload's own. Every rate changes in proportion; a recording is
   * compressed in time until it has this rate on the whole.
   */
  readonly ratePerSecond?: number | undefined;
  /** Error of the length predictions instead of the workload's own: sigma of its logarithm, or no prediction. */
  readonly predictionSigma?: number | 'none' | undefined;
  /** Folder of the benchmark's data. Default: `../shared/data` beside the project. */
  readonly dataFolder?: string | undefined;
}

/** A workload, ready to be run for any seed. */
export interface Workload {
  readonly name: string;
  readonly durationMs: number;
  /** Every task its requests can have. */
  readonly tasks: readonly string[];
  /** Over all time, or all of the recording; a single seed's stretch of it can be far from that. */
  readonly meanRatePerSecond: number;
  /** What had to be left out of a recording or made up for it, in sentences. */
  readonly notes: readonly string[];
  /**
   * The requests of one seed in order of arrival, at least one, the same ones whenever they are iterated.
   * @param seed a whole number from 0 to 2³² − 1
   * @throws WorkloadError where none arrives within the duration: a share of no requests says nothing
   */
  requests(seed: number): Iterable<WorkloadRequest>;
  /** Whether any request arrives with the seed. */
  draws(seed: number): boolean;
}

/**
 * Loads a workload: a bundled one by name, a workload file, a trace or the gateway's own records.
 * @throws WorkloadError, CsvError with every fault, each with the file, the field and the received value
 */
export function loadWorkload(nameOrFile: string, options: LoadOptions = {}): Workload {
  checkOptions(options);
  const document = readDocument(nameOrFile);
  const places = placesOf(nameOrFile, options.dataFolder);
  const source = sourceOf(document, options.ratePerSecond, places, nameOrFile);
  const durationMs = durationOf(document, source, options.durationMs, nameOrFile);
  const tasks = tasksOf(document, source, options.tasks, nameOrFile);
  const recipe: WorkloadRecipe = {
    arrivals: source.arrivals(durationMs),
    mix: mixOf(document.mix, tasks),
    profiles: profilesOf(document, source, tasks, places, nameOrFile),
    outputFactor:
      document.outputFactor && lognormalAround(document.outputFactor.median, document.outputFactor.sigma),
    predictionSigma: predictionSigmaOf(document, options),
    wholeShare: document.whole?.share,
    leaving: document.leaving && {
      share: document.leaving.share,
      meanAfterMs: document.leaving.meanAfterS * 1000,
    },
    durationMs,
  };
  const { meanRatePerSecond, notes } = source;
  const perSecond = Number(meanRatePerSecond.toPrecision(3));
  const draws = (seed: number) => !requestsOf(recipe, seed)[Symbol.iterator]().next().done;
  return {
    name: document.name ?? nameOf(nameOrFile),
    durationMs,
    tasks,
    meanRatePerSecond,
    notes,
    requests: (seed) => {
      if (draws(seed)) return requestsOf(recipe, seed);
      throw new WorkloadError([
        `${nameOrFile}: durationS: with seed ${seed} no request arrives within ${inSeconds(durationMs)} s at ${perSecond} per second on average`,
      ]);
    },
    draws,
  };
}

function requestsOf(recipe: WorkloadRecipe, seed: number): Iterable<WorkloadRequest> {
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32)
    throw new RangeError(`seed: expected a whole number from 0 to ${2 ** 32 - 1}, received ${seed}`);
  return { [Symbol.iterator]: () => generate(recipe, seededRandom(seed)) };
}

function checkOptions({ durationMs, ratePerSecond, predictionSigma, tasks }: LoadOptions): void {
  for (const [field, value] of Object.entries({ durationMs, ratePerSecond }))
    if (value !== undefined && !(value > 0 && Number.isFinite(value)))
      throw new RangeError(`${field}: expected a number above 0, received ${value}`);
  if (typeof predictionSigma === 'number' && !(predictionSigma >= 0 && predictionSigma <= 5))
    throw new RangeError(
      `predictionSigma: expected "none" or a number from 0 to 5, received ${predictionSigma}`,
    );
  if (tasks?.length === 0) throw new RangeError('tasks: expected at least one, received none');
}

function durationOf(
  document: WorkloadDocument,
  source: Source,
  asked: number | undefined,
  name: string,
): number {
  const own = document.durationS === undefined ? source.lengthMs : document.durationS * 1000;
  const durationMs = asked ?? own;
  if (durationMs === undefined)
    throw new WorkloadError([`${name}: durationS: missing, since the arrivals have no end`]);
  // A millionth of grace: the length is computed, and whoever asks for all of it may have rounded it.
  if (source.lengthMs !== undefined && durationMs > source.lengthMs * 1.000001)
    throw new WorkloadError([
      `${name}: durationS: at this speed the recording lasts ${inSeconds(source.lengthMs)} s from its start, received ${inSeconds(durationMs)}`,
    ]);
  const expected = (source.meanRatePerSecond * durationMs) / 1000;
  if (expected > mostRequests)
    throw new WorkloadError([
      `${name}: durationS: ${inSeconds(durationMs)} s at ${source.meanRatePerSecond} requests per second are ${expected} requests, at most ${mostRequests} are made`,
    ]);
  return durationMs;
}

function inSeconds(ms: number): number {
  return Math.round(ms) / 1000;
}

function profilesOf(
  document: WorkloadDocument,
  source: Source,
  tasks: readonly string[],
  places: Places,
  name: string,
): Readonly<Record<string, TaskProfile>> {
  const byDefault = document.lengths ?? { kind: source.hasLengths ? 'recorded' : 'task' };
  const shared = lengthsOf(byDefault, places, 'lengths');
  const profiles: Record<string, TaskProfile> = {};
  for (const task of tasks) {
    const own = document.tasks?.[task];
    const field = `tasks.${task}.lengths`;
    const lengths = (own?.lengths ? lengthsOf(own.lengths, places, field) : shared)(task);
    if (lengths === 'recorded' && !source.hasLengths)
      throw new WorkloadError([
        `${name}: ${own?.lengths ? field : 'lengths'}.kind: "recorded" needs arrivals of kind "trace" or "records", received ${JSON.stringify(document.arrivals.kind)}`,
      ]);
    profiles[task] = own?.class === undefined ? { lengths } : { lengths, class: own.class };
  }
  return profiles;
}

function predictionSigmaOf(document: WorkloadDocument, options: LoadOptions): number | undefined {
  if (options.predictionSigma === 'none') return undefined;
  return options.predictionSigma ?? document.predictions?.sigma;
}

function nameOf(nameOrFile: string): string {
  return isBundled(nameOrFile) ? nameOrFile : basename(nameOrFile, extname(nameOrFile));
}
