import { isDeepStrictEqual } from 'node:util';
import type { Environment, Situation, Step } from './environment.ts';

export interface ContractOptions {
  readonly seed: number;
  /** Steps looked at most; an episode that ends before is looked at to its end. */
  readonly steps: number;
}

/**
 * What an environment does otherwise than `Environment` says, in sentences; none for one that keeps the contract. It
 * is walked through twice, with the allowed actions in turn.
 */
export function contractViolations<Seen>(
  environment: Environment<Seen>,
  { seed, steps }: ContractOptions,
): readonly string[] {
  const { actions } = environment;
  if (!(Number.isInteger(actions) && actions > 0))
    return [`actions: expected a whole number above 0, received ${actions}`];
  const walk = walkThrough(environment, seed, steps);
  const { start, path } = walk;
  const situations = [start, ...path];
  const violations = [
    ...situations.flatMap((situation) => ofSituation(situation, actions)),
    ...path.flatMap(ofStep),
    ...ofOrder(situations),
    ...ofCredits(walk),
    ...ofEnd(environment, path),
    ...ofWrongActions(environment, walk, seed),
  ];
  if (!isDeepStrictEqual(walk.asGiven, [start, ...path]))
    violations.push('what was given out was changed afterwards');
  if (!isDeepStrictEqual(walk.asGiven, walkThrough(environment, seed, steps).asGiven))
    violations.push('the same seed and the same actions gave another episode');
  return [...new Set(violations)];
}

interface Walk<Seen> {
  readonly start: Situation<Seen>;
  readonly path: readonly Step<Seen>[];
  /** The actions of the path. */
  readonly taken: readonly number[];
  /** Copies made when each was received. */
  readonly asGiven: readonly Situation<Seen>[];
}

function walkThrough<Seen>(environment: Environment<Seen>, seed: number, steps: number): Walk<Seen> {
  const start = environment.reset(seed);
  const path: Step<Seen>[] = [];
  const taken: number[] = [];
  const asGiven = [structuredClone(start)];
  let { mask } = start;
  while (path.length < steps) {
    const allowed = mask.flatMap((isAllowed, action) => (isAllowed ? [action] : []));
    if (allowed.length === 0) break;
    const action = allowed[path.length % allowed.length]!;
    const step = environment.step(action);
    taken.push(action);
    path.push(step);
    asGiven.push(structuredClone(step));
    if (step.terminated || step.truncated) break;
    mask = step.mask;
  }
  return { start, path, taken, asGiven };
}

function ofSituation<Seen>({ mask, nowMs, observation }: Situation<Seen>, actions: number): string[] {
  const violations: string[] = [];
  if (observation === undefined) violations.push('observation: missing');
  if (mask.length !== actions)
    violations.push(`mask: expected ${actions} entries, one per action, received ${mask.length}`);
  if (!mask.includes(true)) violations.push('mask: expected at least one action to be allowed');
  if (!(Number.isFinite(nowMs) && nowMs >= 0))
    violations.push(`nowMs: expected a time from 0 on, received ${nowMs}`);
  return violations;
}

function ofStep<Seen>({ reward, credits, terminated, truncated }: Step<Seen>): string[] {
  const violations: string[] = [];
  const credited = credits.reduce((sum, credit) => sum + credit.reward, 0);
  if (!Number.isFinite(reward)) violations.push(`reward: expected a finite number, received ${reward}`);
  else if (Math.abs(reward - credited) > 1e-9 * (1 + Math.abs(reward)))
    violations.push(`reward: expected the sum of the credits, ${credited}, received ${reward}`);
  if (typeof terminated !== 'boolean' || typeof truncated !== 'boolean')
    violations.push('terminated, truncated: expected to be true or false');
  if (terminated && truncated) violations.push('terminated, truncated: an episode ends in one way only');
  return violations;
}

function ofOrder<Seen>(situations: readonly Situation<Seen>[]): string[] {
  const violations: string[] = [];
  if (situations.some(({ nowMs }, index) => index > 0 && nowMs < situations[index - 1]!.nowMs))
    violations.push('nowMs: went backwards');
  // The last one of an episode may stand for an earlier one where there was none to come.
  const taken = situations.slice(0, -1).map(({ decision }) => decision);
  if (new Set(taken).size < taken.length) violations.push('decision: given to two decisions of one episode');
  return violations;
}

/** Only decisions that were taken earn anything, each once, and all of them by the end. */
function ofCredits<Seen>({ start, path }: Walk<Seen>): string[] {
  const open = new Set<number>();
  const violations: string[] = [];
  let { decision } = start as Situation<Seen>;
  for (const step of path) {
    open.add(decision);
    for (const credit of step.credits)
      if (!open.delete(credit.decision))
        violations.push('credits: for a decision that was not taken or was credited before');
    decision = step.decision;
  }
  const last = path.at(-1);
  if ((last?.terminated || last?.truncated) && open.size > 0)
    violations.push('credits: decisions without one at the end of the episode');
  return violations;
}

function ofEnd<Seen>(environment: Environment<Seen>, path: readonly Step<Seen>[]): string[] {
  const last = path.at(-1);
  if (last === undefined || !(last.terminated || last.truncated)) return [];
  const thrown = thrownBy(() => environment.step(last.mask.indexOf(true)));
  return thrown instanceof Error ? [] : ['step: went on after the end of the episode'];
}

/** Tried at the first decision with a masked action, or else at the first. */
function ofWrongActions<Seen>(
  environment: Environment<Seen>,
  { start, path, taken }: Walk<Seen>,
  seed: number,
) {
  const masked = [start, ...path.slice(0, -1)].findIndex(({ mask }) => mask.includes(false));
  let { mask } = environment.reset(seed);
  for (const action of taken.slice(0, Math.max(masked, 0))) ({ mask } = environment.step(action));
  const wrong = [-1, 0.5, Number.NaN, mask.length, mask.indexOf(false)];
  return wrong
    .filter((action) => !(thrownBy(() => environment.step(action)) instanceof RangeError))
    .map((action) => `step: expected a RangeError for the action ${action}, which is none or masked`);
}

function thrownBy(act: () => unknown): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
}
