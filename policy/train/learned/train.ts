import { WorkerPool } from '../../parallel/worker-pool.ts';
import { FIRST_TRAINING_SEED } from '../../tune/tune.ts';
import { type EvolutionSizes, type EvolutionState, firstEvolution, nextEvolution } from './evolution.ts';
import { startParameters } from './start.ts';
import type { Job, Utilities } from './worker.ts';

export interface TrainingSizes extends EvolutionSizes {
  readonly hidden: number;
  /** Expected of one scenario. */
  readonly requests: number;
  /** Every so many generations the policy is checked beside the rule. */
  readonly checkEvery: number;
  /** Scenarios of a check; no generation sees them. */
  readonly checks: number;
}

/** The policy beside the rule on the checking scenarios, means. */
export interface Check {
  readonly generation: number;
  readonly utility: number;
  readonly rule: number;
}

export interface TrainingState {
  readonly evolution: EvolutionState;
  readonly checks: readonly Check[];
  /** The parameters with the best check so far. */
  readonly best: { readonly parameters: readonly number[]; readonly check: Check } | undefined;
}

export interface TrainingOptions {
  readonly sizes: TrainingSizes;
  readonly workers: number;
  readonly from?: TrainingState | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told the state after every generation. */
  readonly onGeneration?: (state: TrainingState) => void;
}

/** Between the seeds of rivals' tuning and those of this training, so that no scenario serves two purposes. */
const FIRST_SCENARIO = FIRST_TRAINING_SEED + 10_000;
const FIRST_CHECK = FIRST_TRAINING_SEED + 5_000;
/** One pair's gain counts no more than this: a scenario on the edge of collapse would drown the others. */
const LARGEST_GAIN = 0.1;

export function firstTraining({ hidden, seed }: TrainingSizes): TrainingState {
  return { evolution: firstEvolution(startParameters(hidden, seed)), checks: [], best: undefined };
}

/**
 * Trains the policy from the rule. Every pair meets a scenario of its own that no other pair ever meets. The result
 * depends on the sizes alone, not on the number of workers or on stops in between.
 * @returns the last state; not the last generation's when it was stopped
 */
export async function trainLearned(options: TrainingOptions): Promise<TrainingState> {
  const { sizes, signal, workers } = options;
  const pool = new WorkerPool<Job, Utilities>(new URL('worker.ts', import.meta.url), workers);
  const stopped = new Promise<undefined>((resolve) => {
    signal?.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  let state = options.from ?? firstTraining(sizes);
  try {
    while (state.evolution.generation < sizes.generations && !signal?.aborted) {
      const next = await Promise.race([generationAfter(state, sizes, pool), stopped]);
      if (next === undefined) break;
      state = next;
      options.onGeneration?.(state);
    }
    return state;
  } finally {
    await pool.close();
  }
}

type Pool = WorkerPool<Job, Utilities>;

async function generationAfter(
  state: TrainingState,
  sizes: TrainingSizes,
  pool: Pool,
): Promise<TrainingState> {
  const evolution = nextEvolution(state.evolution, await gainsOf(state.evolution, sizes, pool), sizes);
  const isLast = evolution.generation === sizes.generations;
  if (evolution.generation % sizes.checkEvery !== 0 && !isLast) return { ...state, evolution };
  const check = await checkOf(evolution, sizes, pool);
  const isBest = state.best === undefined || gainOver(check) > gainOver(state.best.check);
  return {
    evolution,
    checks: [...state.checks, check],
    best: isBest ? { parameters: evolution.parameters, check } : state.best,
  };
}

async function gainsOf(evolution: EvolutionState, sizes: TrainingSizes, pool: Pool): Promise<number[]> {
  const { generation } = evolution;
  const { seed, pairs, deviation } = sizes;
  const first = FIRST_SCENARIO + generation * pairs;
  return Promise.all(
    Array.from({ length: pairs }, async (_, pair) => {
      const job = {
        ...baseJob(evolution, sizes, first + pair),
        kind: 'pair' as const,
        seed,
        generation,
        pair,
        deviation,
      };
      const [along, against] = await pool.run(job);
      return Math.min(Math.max(along - against, -LARGEST_GAIN), LARGEST_GAIN);
    }),
  );
}

async function checkOf(evolution: EvolutionState, sizes: TrainingSizes, pool: Pool): Promise<Check> {
  const results = await Promise.all(
    Array.from({ length: sizes.checks }, (_, at) =>
      pool.run({ ...baseJob(evolution, sizes, FIRST_CHECK + at), kind: 'check' }),
    ),
  );
  const mean = (side: 0 | 1) => results.reduce((sum, result) => sum + result[side], 0) / results.length;
  return { generation: evolution.generation, utility: mean(0), rule: mean(1) };
}

function baseJob({ parameters }: EvolutionState, { hidden, requests }: TrainingSizes, scenarioSeed: number) {
  return { parameters: Float32Array.from(parameters), hidden, scenarioSeed, requests };
}

function gainOver({ utility, rule }: Check): number {
  return utility - rule;
}
