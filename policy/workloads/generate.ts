import type { Random } from '../../src/platform/random.ts';
import type { RequestClass } from '../../src/routing/catalogue.ts';
import { arrivals } from './arrivals.ts';
import type { GapLaw } from './gaps.ts';
import { type JointLengths, type TokenLengths, weighted } from './lengths.ts';
import type { Phase, TaskMix, TaskShares } from './mix.ts';
import type { RatePhase, Rates } from './phases.ts';
import type { RecordedRequest, WorkloadRequest } from './request.ts';
import { exponential, fork, lognormalAround, type Variate } from './variates.ts';

/** What the requests of one task look like. */
export interface TaskProfile {
  /** `recorded`: each request has the lengths it was recorded with. */
  readonly lengths: JointLengths | 'recorded';
  readonly class?: RequestClass;
}

/** What was recorded of a request: its lengths, and in the gateway's own records what it was for. */
export type Recording = TokenLengths & Partial<Pick<WorkloadRequest, 'task' | 'class' | 'stream'>>;

/** One arrival and the phase it falls into. */
export interface Arrival {
  readonly atMs: number;
  readonly phase: Phase;
  readonly recorded?: Recording;
}

/** Makes arrivals in order of time. `mixed` gives the phases of its rate their task shares. */
export type ArrivalSource = (
  mixed: (phases: Iterable<RatePhase>) => Iterable<Phase>,
  random: Random,
) => Iterable<Arrival>;

export interface WorkloadRecipe {
  readonly arrivals: ArrivalSource;
  readonly mix: TaskMix;
  /** One for each task of the mix or the recording. */
  readonly profiles: Readonly<Record<string, TaskProfile>>;
  /** Multiplies every output length: what makes a tail heavy. Absent: 1. */
  readonly outputFactor?: Variate | undefined;
  /** Standard deviation of the logarithm of a length prediction's error. Absent: no prediction. */
  readonly predictionSigma?: number | undefined;
  /** Share of the requests whose answers come as a whole. Absent: all stream. */
  readonly wholeShare?: number | undefined;
  /** Which clients hang up, and after how long: exponential with this mean. Absent: all wait. */
  readonly leaving?: { readonly share: number; readonly meanAfterMs: number } | undefined;
  /** Requests that would arrive later than this are not made. */
  readonly durationMs: number;
}

/**
 * The requests of a recipe. Arrivals, mix, tasks, lengths, tails, predictions, streaming and leaving draw from streams of their
 * own, so two recipes that differ in one of them agree in the others for the same seed. Predictions of different error are
 * the same draws, scaled.
 */
export function* generate(recipe: WorkloadRecipe, random: Random): Generator<WorkloadRequest> {
  const [forArrivals, forMix, forTasks, forLengths] = [
    fork(random),
    fork(random),
    fork(random),
    fork(random),
  ];
  const lengthen = scaledBy(recipe.outputFactor, fork(random));
  const predicted = predictor(recipe.predictionSigma, fork(random));
  const isWhole = shareOf(recipe.wholeShare, fork(random));
  const leavesAfter = departures(recipe.leaving, fork(random));
  const taskAt = taskDraw(forTasks);
  const mixed = (phases: Iterable<RatePhase>) => recipe.mix(phases, forMix);
  for (const { atMs, phase, recorded } of recipe.arrivals(mixed, forArrivals)) {
    if (atMs >= recipe.durationMs) return;
    const task = recorded?.task ?? taskAt(phase);
    const profile = profileOf(recipe.profiles, task);
    const { promptTokens, outputTokens } = lengthsOf(profile, recorded, forLengths);
    const length = lengthen(outputTokens);
    const request: Writable<WorkloadRequest> = { arrivalMs: atMs, task, promptTokens, outputTokens: length };
    const requestClass = recorded?.class ?? profile.class;
    if (requestClass !== undefined) request.class = requestClass;
    const prediction = predicted(length);
    if (prediction !== undefined) request.predictedOutputTokens = prediction;
    if (recorded?.stream === false || isWhole()) request.stream = false;
    const leavesAfterMs = leavesAfter();
    if (leavesAfterMs !== undefined) request.leavesAfterMs = leavesAfterMs;
    yield request;
  }
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Arrivals that a rate and a law of gaps make. */
export function generatedArrivals(rates: Rates, gaps: GapLaw): ArrivalSource {
  return (mixed, random) => {
    const [forRates, forGaps] = [fork(random), fork(random)];
    return arrivals(mixed(rates(forRates)), gaps, forGaps);
  };
}

/** Arrivals at given times, in order of time, with what was recorded of them if anything was. */
export function timedArrivals(
  times: (random: Random) => Iterable<Pick<Arrival, 'atMs' | 'recorded'>>,
): ArrivalSource {
  // The times are what they are; only the mix runs in phases.
  const endless = [{ durationMs: Number.POSITIVE_INFINITY, ratePerSecond: Number.NaN }];
  return (mixed, random) => inPhases(times(random), mixed(endless));
}

function* inPhases(
  timed: Iterable<Pick<Arrival, 'atMs' | 'recorded'>>,
  phases: Iterable<Phase>,
): Generator<Arrival> {
  const upcoming = phases[Symbol.iterator]();
  let current = upcoming.next();
  let endMs = current.done ? 0 : current.value.durationMs;
  for (const arrival of timed) {
    while (!current.done && arrival.atMs >= endMs) {
      current = upcoming.next();
      if (!current.done) endMs += current.value.durationMs;
    }
    if (current.done) return;
    const phase = current.value;
    yield arrival.recorded === undefined
      ? { atMs: arrival.atMs, phase }
      : { atMs: arrival.atMs, phase, recorded: arrival.recorded };
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

/**
 * Says what a length predictor would: the length, off by a factor that is lognormal with median 1. A predictor
 * without error is right to the token.
 */
function predictor(sigma: number | undefined, random: Random): (tokens: number) => number | undefined {
  if (sigma === undefined) return () => undefined;
  return scaledBy(lognormalAround(1, sigma), random);
}

function shareOf(share: number | undefined, random: Random): () => boolean {
  return share === undefined ? () => false : () => random() < share;
}

function departures(leaving: WorkloadRecipe['leaving'], random: Random): () => number | undefined {
  if (leaving === undefined) return () => undefined;
  const leaves = shareOf(leaving.share, random);
  return () => (leaves() ? leaving.meanAfterMs * exponential(random) : undefined);
}

function scaledBy(factor: Variate | undefined, random: Random): (tokens: number) => number {
  if (factor === undefined) return (tokens) => tokens;
  return (tokens) => Math.max(1, Math.round(tokens * factor(random)));
}

function profileOf(profiles: WorkloadRecipe['profiles'], task: string): TaskProfile {
  const profile = profiles[task];
  if (profile === undefined)
    throw new RangeError(`no profile for task "${task}"; known: ${Object.keys(profiles).join(', ')}`);
  return profile;
}

function lengthsOf(profile: TaskProfile, recorded: Recording | undefined, random: Random): TokenLengths {
  if (profile.lengths !== 'recorded') return profile.lengths(random);
  if (recorded === undefined) throw new RangeError('recorded lengths need recorded arrivals');
  return recorded;
}

/** Draws the task of a phase's arrival. Phases follow each other, so only the newest one's draw is kept. */
function taskDraw(random: Random): (phase: Phase) => string {
  let newest: TaskShares | undefined;
  let draw: (random: Random) => string;
  return (phase) => {
    if (phase.shares !== newest) {
      newest = phase.shares;
      draw = shareDraw(newest);
    }
    return draw(random);
  };
}

function shareDraw(shares: TaskShares): (random: Random) => string {
  return weighted(Object.keys(shares), (task) => shares[task]!);
}
