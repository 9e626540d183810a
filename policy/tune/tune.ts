import { aborted } from '../parallel/aborted.ts';
import { WorkerPool } from '../parallel/worker-pool.ts';
import { ladderOf } from '../rivals/ladder.ts';
import { type ParameterValues, tunables } from '../rivals/tunable.ts';
import type { TunedResult } from '../rivals/tuned.ts';
import { firstState, nextState, pointsOf, type SearchState } from './cross-entropy.ts';
import { Objective, type TuningTask } from './objective.ts';
import { pointAt, startPoint, valuesAt } from './search-space.ts';
import type { StateFile } from './state-file.ts';
import type { Trial } from './worker.ts';

/** Training seeds begin here; evaluation uses those from 1 to 999. */
export const FIRST_TRAINING_SEED = 1_000_000;

export interface SearchSizes {
  readonly seed: number;
  readonly iterations: number;
  readonly population: number;
  /** How many training seeds each point is tried on. */
  readonly seeds: number;
}

export interface TuneOptions extends SearchSizes {
  readonly task: TuningTask;
  readonly workers: number;
  /** What was found before, for this case or one like it: the search tries it too. */
  readonly known?: readonly ParameterValues[] | undefined;
  readonly stateFile?: StateFile | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onIteration?: ((state: SearchState) => void) | undefined;
}

/**
 * Searches for the parameters with the best mean utility on the training seeds. The result depends on the task, the
 * seed, the sizes and what was known, not on the number of workers or on stops in between.
 * @returns undefined when it was stopped; its state is in the state file then
 */
export async function tune(options: TuneOptions): Promise<TunedResult | undefined> {
  const { task, stateFile, signal } = options;
  const objective = new Objective(task);
  const parameters = tunables[task.scorer].parameters(objective.fleet.catalogue);
  const hints = options.known
    ?.filter((values) => parameters.some(({ key }) => key in values))
    .map((values) => pointAt(parameters, values));
  const seeds = trainingSeeds(options.seeds);
  objective.check(seeds);
  const pool = new WorkerPool<Trial, number>(new URL('worker.ts', import.meta.url), options.workers);
  try {
    let state = stateFile?.read() ?? firstState(startPoint(parameters));
    while (state.iteration < options.iterations) {
      const points = pointsOf(state, { ...options, hints });
      const trials = points.flatMap((point) =>
        seeds.map((seed) => ({ task, values: valuesAt(parameters, point), seed })),
      );
      const utilities = await Promise.race([
        Promise.all(trials.map((trial) => pool.run(trial))),
        aborted(signal),
      ]);
      if (utilities === undefined) return undefined;
      state = nextState(state, points, meansOf(utilities, seeds.length));
      stateFile?.write(state);
      options.onIteration?.(state);
    }
    return resultOf(options, state, valuesAt(parameters, state.best!.point), objective);
  } finally {
    await pool.close();
  }
}

function trainingSeeds(count: number): number[] {
  return Array.from({ length: count }, (_, index) => FIRST_TRAINING_SEED + index);
}

/** Means of each run of `size` values. */
function meansOf(values: readonly number[], size: number): number[] {
  return Array.from({ length: values.length / size }, (_, group) => {
    const own = values.slice(group * size, (group + 1) * size);
    return own.reduce((sum, value) => sum + value, 0) / size;
  });
}

function resultOf(
  { task, seed, iterations, population, seeds }: TuneOptions,
  state: SearchState,
  parameters: ParameterValues,
  { fleet, workloadName }: Objective,
): TunedResult {
  return {
    scorer: task.scorer,
    fleet: fleet.name,
    workload: workloadName,
    models: ladderOf(fleet.catalogue).map(({ model }) => model),
    parameters,
    trainingUtility: { untuned: rounded(state.startValue!), tuned: rounded(state.best!.value) },
    search: {
      seed,
      iterations,
      population,
      trainingSeeds: trainingSeeds(seeds),
      durationS: task.durationMs / 1000,
      ...(task.ratesPerSecond && { ratesPerSecond: task.ratesPerSecond }),
    },
  };
}

function rounded(utility: number): number {
  return Number(utility.toFixed(5));
}
