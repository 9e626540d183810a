import type { Random } from '../../src/platform/random.ts';
import type { RatePhase } from './phases.ts';
import { exponential, type Variate } from './variates.ts';

/** How often each task is asked for, by name. Proportions: they need not sum to 1. */
export type TaskShares = Readonly<Record<string, number>>;

/** A stretch of time during which neither the expected rate nor the task mix changes. */
export interface Phase extends RatePhase {
  readonly shares: TaskShares;
}

/** How the task mix changes over time: gives the phases of a rate their shares, and splits them where those change. */
export type TaskMix = (phases: Iterable<RatePhase>, random: Random) => Iterable<Phase>;

/** Every task as often as every other. */
export function equalShares(tasks: readonly string[]): TaskShares {
  return Object.fromEntries(tasks.map((task) => [task, 1 / tasks.length]));
}

/** Shares drawn uniformly from all that sum to 1 (a flat Dirichlet: normalised exponentials). */
export function randomShares(tasks: readonly string[], random: Random): TaskShares {
  const weights = tasks.map(() => exponential(random));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Object.fromEntries(tasks.map((task, index) => [task, weights[index]! / total]));
}

/** The same shares all the time. */
export function fixedMix(shares: TaskShares): TaskMix {
  return function* (phases) {
    for (const phase of phases) yield { ...phase, shares };
  };
}

/** Shares drawn afresh with each phase of the rate. */
export function mixPerPhase(tasks: readonly string[]): TaskMix {
  return function* (phases, random) {
    for (const phase of phases) yield { ...phase, shares: randomShares(tasks, random) };
  };
}

/** Shares drawn afresh after a time of their own, whatever the rate does. */
export function redrawnMix(tasks: readonly string[], durationMs: Variate): TaskMix {
  return (phases, random) => overlaid(phases, redrawn(tasks, durationMs, random));
}

function* redrawn(tasks: readonly string[], durationMs: Variate, random: Random): Generator<MixStretch> {
  for (;;) yield { durationMs: durationMs(random), shares: randomShares(tasks, random) };
}

/** The shares at one instant. A task that is not named has none. */
export interface MixPoint {
  readonly atMs: number;
  readonly shares: TaskShares;
}

/** How finely a gradual change is cut: within a second nobody can tell. */
const shiftStepMs = 1000;

/** Shares that go straight from one point to the next, and stay after the last. Points are in order of time. */
export function shiftingMix(points: readonly MixPoint[]): TaskMix {
  const normal = points.map(({ atMs, shares }) => ({ atMs, shares: normalised(shares) }));
  // Cut as time goes on: points a year apart are millions of stretches.
  return (phases) => overlaid(phases, shifting(normal));
}

function* shifting(points: readonly MixPoint[]): Generator<MixStretch> {
  const [first] = points;
  if (first === undefined) throw new RangeError('a shifting mix needs at least one point');
  if (first.atMs > 0) yield { durationMs: first.atMs, shares: first.shares };
  for (const [index, to] of points.entries()) {
    const from = points[index - 1];
    if (from !== undefined) yield* between(from, to);
  }
  yield { durationMs: Number.POSITIVE_INFINITY, shares: points.at(-1)!.shares };
}

function* between(from: MixPoint, to: MixPoint): Generator<MixStretch> {
  const spanMs = to.atMs - from.atMs;
  const steps = Math.ceil(spanMs / shiftStepMs);
  for (let step = 0; step < steps; step++)
    yield { durationMs: spanMs / steps, shares: blended(from.shares, to.shares, (step + 0.5) / steps) };
}

function blended(from: TaskShares, to: TaskShares, progress: number): TaskShares {
  const tasks = new Set([...Object.keys(from), ...Object.keys(to)]);
  const share = (task: string) => (1 - progress) * (from[task] ?? 0) + progress * (to[task] ?? 0);
  return Object.fromEntries([...tasks].map((task) => [task, share(task)]));
}

function normalised(shares: TaskShares): TaskShares {
  const total = Object.values(shares).reduce((sum, share) => sum + share, 0);
  return Object.fromEntries(Object.entries(shares).map(([task, share]) => [task, share / total]));
}

interface MixStretch {
  readonly durationMs: number;
  readonly shares: TaskShares;
}

/** The phases cut where the mix changes. The stretches must last as long as the phases. */
function* overlaid(phases: Iterable<RatePhase>, stretches: Iterable<MixStretch>): Generator<Phase> {
  let left = 0;
  const mixes = stretches[Symbol.iterator]();
  let mix: MixStretch = { durationMs: 0, shares: {} };
  for (const { durationMs, ratePerSecond } of phases) {
    // Ends after a phase that never does, too: what is left of it is then not a number.
    for (let phaseLeft = durationMs; phaseLeft > 0; ) {
      if (left <= 0) {
        const next = mixes.next();
        if (next.done) return;
        mix = next.value;
        left = mix.durationMs;
      }
      const stepMs = Math.min(phaseLeft, left);
      yield { durationMs: stepMs, ratePerSecond, shares: mix.shares };
      phaseLeft -= stepMs;
      left -= stepMs;
    }
  }
}
