import type { Random } from '../../src/platform/random.ts';
import type { RequestClass } from '../../src/routing/catalogue.ts';
import { arrivals } from './arrivals.ts';
import { type LengthLaw, weighted } from './lengths.ts';
import type { Phase, TaskShares } from './phases.ts';
import type { RecordedRequest, WorkloadRequest } from './request.ts';
import { fork, type Variate } from './variates.ts';

/** What the requests of one task look like. */
export interface TaskProfile {
  readonly promptTokens: LengthLaw;
  readonly outputTokens: LengthLaw;
  readonly class?: RequestClass;
}

export interface WorkloadRecipe {
  /** How rate and task mix change over time. */
  readonly phases: (random: Random) => Iterable<Phase>;
  /** Law of the gaps between arrivals, with mean 1. */
  readonly gap: Variate;
  /** One for each task the phases' shares name. */
  readonly profiles: Readonly<Record<string, TaskProfile>>;
  /** Requests that would arrive later than this are not made. */
  readonly durationMs: number;
}

/**
 * The requests of a recipe. Phases, gaps, tasks and lengths draw from streams of their own, so two recipes that
 * differ in one of them agree in the others for the same seed.
 */
export function* generate(recipe: WorkloadRecipe, random: Random): Generator<WorkloadRequest> {
  const [forPhases, forGaps, forTasks, forLengths] = [fork(random), fork(random), fork(random), fork(random)];
  const draws = new Map<Phase, (random: Random) => string>();
  for (const { atMs, phase } of arrivals(recipe.phases(forPhases), recipe.gap, forGaps)) {
    if (atMs >= recipe.durationMs) return;
    const task = taskDraw(phase, draws)(forTasks);
    yield { arrivalMs: atMs, task, ...profiled(recipe.profiles, task, forLengths) };
  }
}

/** Gives recorded requests a task each, drawn by share. */
export function* withTasks(
  recorded: Iterable<RecordedRequest>,
  shares: TaskShares,
  random: Random,
): Generator<WorkloadRequest> {
  const draw = shareDraw(shares);
  for (const request of recorded) yield { ...request, task: draw(random) };
}

function profiled(profiles: WorkloadRecipe['profiles'], task: string, random: Random) {
  const profile = profiles[task];
  if (profile === undefined)
    throw new RangeError(`no profile for task "${task}"; known: ${Object.keys(profiles).join(', ')}`);
  return {
    promptTokens: profile.promptTokens(random),
    outputTokens: profile.outputTokens(random),
    ...(profile.class && { class: profile.class }),
  };
}

/** A phase's task draw, made once per phase: phases follow each other, so only the newest is kept. */
function taskDraw(phase: Phase, newest: Map<Phase, (random: Random) => string>) {
  let draw = newest.get(phase);
  if (draw === undefined) {
    draw = shareDraw(phase.shares);
    newest.clear();
    newest.set(phase, draw);
  }
  return draw;
}

function shareDraw(shares: TaskShares): (random: Random) => string {
  return weighted(Object.keys(shares), (task) => shares[task]!);
}
