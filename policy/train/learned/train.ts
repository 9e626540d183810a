import { WorkerPool } from '../../parallel/worker-pool.ts';
import { FIRST_LEARNING_SEED, FIRST_VALIDATION_SEED } from '../validation.ts';
import type { Course } from './course.ts';
import { type EvolutionSizes, type EvolutionState, firstEvolution, nextEvolution } from './evolution.ts';
import { type Score, worthOf } from './score.ts';
import type { TrainingSizes } from './sizes.ts';
import { startParameters } from './start.ts';
import type { Job, Scores } from './worker.ts';

export interface LearningTask {
  readonly seed: number;
  readonly generations: number;
  readonly sizes: TrainingSizes;
  /** Absent: on everything that is drawn. */
  readonly only?: Course | undefined;
  /** Begin with these parameters; absent: with the rule's. */
  readonly start?: readonly number[] | undefined;
}

/** The policy beside the rule on the checking scenarios, means. */
export interface Check {
  readonly generation: number;
  readonly policy: Score;
  readonly rule: Score;
}

/** Plain data, so that it can be stored and gone on from. */
export interface LearningState {
  readonly evolution: EvolutionState;
  readonly checks: readonly Check[];
}

/** What a training ends with. */
export interface Learned {
  readonly parameters: readonly number[];
  readonly check: Check;
}

export interface LearnOptions extends LearningTask {
  readonly workers: number;
  readonly from?: LearningState | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told the state after every generation. */
  readonly onGeneration?: (state: LearningState) => void;
}

/** Room for as many scenarios as the longest training meets, so that another seed meets none of the same. */
const SCENARIOS_PER_SEED = 400_000;
/** Two checks of networks that are as good as each other may differ by so much. */
const CHANCE = 0.005;
/**
 * One pair's gain counts no more than this: a scenario on the edge of collapse would drown the others. Where each model has
 * GPUs of its own, a pair's gain is 0.003 to 0.015; where they share them, one in ten is a collapse of 0.2 and more.
 */
const LARGEST_GAIN = 0.06;

type Pool = WorkerPool<Job, Scores>;

/**
 * Trains the policy from the rule. Every pair meets a scenario of its own. The result
 * depends on the task alone, not on the number of workers or on stops in between.
 * @returns the last state; not the last generation's when it was stopped
 */
export async function learn(options: LearnOptions): Promise<LearningState> {
  const { generations, signal, workers } = options;
  const pool: Pool = new WorkerPool(new URL('worker.ts', import.meta.url), workers);
  const stopped = new Promise<undefined>((resolve) => {
    signal?.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  try {
    let state = options.from ?? (await firstState(options, pool));
    options.onGeneration?.(state);
    while (state.evolution.generation < generations && !signal?.aborted) {
      const next = await Promise.race([generationAfter(state, options, pool), stopped]);
      if (next === undefined) break;
      state = next;
      options.onGeneration?.(state);
    }
    return state;
  } finally {
    await pool.close();
  }
}

async function generationAfter(state: LearningState, task: LearningTask, pool: Pool): Promise<LearningState> {
  const { generations, sizes } = task;
  const evolutionSizes: EvolutionSizes = { ...sizes, seed: task.seed, generations };
  const gains = await gainsOf(state.evolution, task, pool);
  const evolution = nextEvolution(state.evolution, gains, evolutionSizes);
  const { generation } = evolution;
  if (generation % sizes.checkEvery !== 0 && generation !== generations) return { ...state, evolution };
  return { evolution, checks: [...state.checks, await checkOf(evolution, task, pool)] };
}

/**
 * The moving mean at the end, and not whichever mean a check happened to favour: the checks are too few to choose by. But
 * who has lost more than by chance keeps what he began with.
 */
export function learnedBy(task: LearningTask, { evolution, checks }: LearningState): Learned {
  const [first, last] = [checks[0]!, checks.at(-1)!];
  return gainOver(last) > gainOver(first) - CHANCE
    ? { parameters: evolution.average, check: last }
    : { parameters: startOf(task), check: first };
}

function startOf({ start, sizes, seed }: LearningTask): readonly number[] {
  return start ?? [...startParameters(sizes.hidden, seed)];
}

/** Where training begins is checked too: whoever goes on from what is there must not end with less. */
async function firstState(task: LearningTask, pool: Pool): Promise<LearningState> {
  const evolution = firstEvolution(startOf(task));
  return { evolution, checks: [await checkOf(evolution, task, pool)] };
}

async function gainsOf(evolution: EvolutionState, task: LearningTask, pool: Pool): Promise<number[]> {
  const { generation } = evolution;
  const { pairs, deviation } = task.sizes;
  const first = FIRST_LEARNING_SEED + (task.seed - 1) * SCENARIOS_PER_SEED + generation * pairs;
  return Promise.all(
    Array.from({ length: pairs }, async (_, pair) => {
      const base = jobOn(first + pair, evolution.parameters, task);
      const [along, against] = await pool.run({
        ...base,
        kind: 'pair',
        perturbation: { seed: task.seed, generation, pair, deviation },
      });
      const gain = worthOf(along) - worthOf(against);
      return Math.min(Math.max(gain, -LARGEST_GAIN), LARGEST_GAIN);
    }),
  );
}

async function checkOf(evolution: EvolutionState, task: LearningTask, pool: Pool): Promise<Check> {
  const results = await Promise.all(
    Array.from({ length: task.sizes.checks }, (_, at) =>
      pool.run({ ...jobOn(FIRST_VALIDATION_SEED + at, evolution.average, task), kind: 'check' }),
    ),
  );
  const mean = (side: 0 | 1): Score => ({
    utility: meanOf(results, (result) => result[side].utility),
    onTime: meanOf(results, (result) => result[side].onTime),
  });
  return { generation: evolution.generation, policy: mean(0), rule: mean(1) };
}

function jobOn(scenarioSeed: number, parameters: readonly number[], { sizes, only }: LearningTask) {
  const { hidden, requests } = sizes;
  return { parameters: Float32Array.from(parameters), hidden, scenarioSeed, requests, only };
}

function gainOver({ policy, rule }: Check): number {
  return worthOf(policy) - worthOf(rule);
}

function meanOf(results: readonly Scores[], pick: (result: Scores) => number): number {
  return results.reduce((sum, result) => sum + pick(result), 0) / results.length;
}
