import type { LoadOrder, LoadReport } from './load.ts';
import { cpuMs } from './processes.ts';
import type { Target } from './targets.ts';
import type { LoadGenerator } from './threads.ts';

/** What is measured of every target. The paced rates are far below what the slowest target can do. */
export const phases = {
  json: { stream: false, pace: { kind: 'closed', connections: 16 } },
  stream: { stream: true, pace: { kind: 'closed', connections: 16 } },
  jsonPaced: { stream: false, pace: { kind: 'paced', perSecond: 200 } },
  streamPaced: { stream: true, pace: { kind: 'paced', perSecond: 100 } },
} as const satisfies Record<string, Pick<LoadOrder, 'stream' | 'pace'>>;
export type Phase = keyof typeof phases;
const phaseNames = Object.keys(phases) as readonly Phase[];

/** One phase of one target in one round. */
export interface Reading {
  readonly target: string;
  readonly phase: Phase;
  readonly round: number;
  readonly load: LoadReport;
  /** CPU time of the target's process while it was measured; undefined where that is not known. */
  readonly cpuMs: number | undefined;
}

const warmUpSeconds = 0.7;

/** Compilers and connection pools settle; nothing of it is counted. */
export async function warmUp(generator: LoadGenerator, targets: readonly Target[]): Promise<void> {
  for (const target of targets)
    for (const phase of ['json', 'stream'] as const) {
      const { load } = await measure(generator, target, phase, 0, warmUpSeconds);
      if (load.failures.length > 0)
        throw new Error(`${target.name} does not answer as it should: ${load.failures[0]}`);
    }
}

/**
 * Every phase of every target, target after target within a phase, so that whatever else the machine does meets all
 * of them alike. The order moves on by one in each round.
 */
export async function measureRounds(
  generator: LoadGenerator,
  targets: readonly Target[],
  rounds: number,
  seconds: number,
  progress: (stage: string, step: string) => void,
  measured: readonly Phase[] = phaseNames,
): Promise<readonly Reading[]> {
  const readings: Reading[] = [];
  for (let round = 1; round <= rounds; round++)
    for (const phase of measured)
      for (const target of rotate(targets, round)) {
        progress(`round ${round} of ${rounds}`, `${phase} ${target.name}`);
        readings.push(await measure(generator, target, phase, round, seconds));
      }
  return readings;
}

async function measure(
  generator: LoadGenerator,
  { name, destination, pid }: Target,
  phase: Phase,
  round: number,
  seconds: number,
): Promise<Reading> {
  const before = pid === undefined ? undefined : cpuMs(pid);
  const load = await generator.run({ destination, seconds, ...phases[phase] });
  const after = pid === undefined ? undefined : cpuMs(pid);
  const used = before === undefined || after === undefined ? undefined : after - before;
  return { target: name, phase, round, load, cpuMs: used };
}

function rotate<Item>(items: readonly Item[], by: number): readonly Item[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
