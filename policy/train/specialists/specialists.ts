import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { parametersOf } from '../../../src/routing/learned/network.ts';
import { OBSERVATION_VERSION } from '../../../src/routing/observation.ts';
import { encodedParameters } from '../../rivals/encoded-parameters.ts';
import { readNetworkFile } from '../../rivals/learned.ts';
import {
  readSpecialists,
  type Specialist,
  type Specialists,
  specialistsFile,
} from '../../rivals/specialists.ts';
import { commit } from '../commit.ts';
import { writeDocument } from '../files.ts';
import { type TrainingSizes, usualSizes } from '../learned/sizes.ts';
import { type LearningTask, learn, learnedBy } from '../learned/train.ts';
import { cases } from './cases.ts';

const clock = (): number => performance.now();
/** Of no training of the general policy, so that other runs are met. */
const seed = 9;

/** What is made of what, and how long each is trained. */
export interface SpecialistPlan {
  /** The exported policy to go on from. */
  readonly general: string;
  /** Where the specialists are kept. */
  readonly file: string;
  readonly generations: number;
  readonly sizes: Omit<TrainingSizes, 'hidden'>;
}

/** A minute or two each on two cores. */
export const usualPlan: SpecialistPlan = {
  general: fileURLToPath(new URL('../../artifacts/learned.onnx', import.meta.url)),
  file: fileURLToPath(specialistsFile),
  generations: 20,
  sizes: { ...usualSizes, pairs: 32, checkEvery: 1_000, checks: 24 },
};

export interface SpecialistOptions {
  readonly only: readonly string[];
  readonly workers: number;
  readonly signal: AbortSignal;
  /** Told in words of every case that was begun. */
  readonly onCase: (text: string) => void;
}

/** @returns false when it was stopped; what was done by then is written */
export async function trainSpecialists(
  { only, onCase, ...how }: SpecialistOptions,
  { general, file, generations, sizes }: SpecialistPlan = usualPlan,
): Promise<boolean> {
  const network = readNetworkFile(general);
  const start = [...parametersOf(network)];
  const task = { seed, generations, sizes: { ...sizes, hidden: network.hidden }, start };
  let all = specialistsFrom(digestOf(task), file);
  for (const [at, name] of only.entries()) {
    if (all.specialists[name] !== undefined) continue;
    onCase(`${at + 1} of ${only.length}: ${name}`);
    const specialist = await specialistOn({ ...task, only: cases[name] }, how);
    if (specialist === undefined) return false;
    all = { ...all, specialists: { ...all.specialists, [name]: specialist } };
    writeDocument(file, all);
  }
  return true;
}

/** Those that are there already, unless they were made from something else. */
function specialistsFrom(madeFrom: string, file: string): Specialists {
  const there = readSpecialists(file);
  if (there?.madeFrom === madeFrom) return there;
  return { observationVersion: OBSERVATION_VERSION, madeFrom, commit: commit(), specialists: {} };
}

async function specialistOn(
  task: LearningTask,
  how: Pick<SpecialistOptions, 'workers' | 'signal'>,
): Promise<Specialist | undefined> {
  const beganMs = clock();
  const state = await learn({ ...task, ...how });
  if (state.evolution.generation < task.generations) return undefined;
  const { parameters, check } = learnedBy(task, state);
  return {
    parameters: encodedParameters(parameters),
    hidden: task.sizes.hidden,
    check: { before: state.checks[0]!.policy, after: check.policy },
    minutes: Number(((clock() - beganMs) / 60_000).toFixed(1)),
  };
}

function digestOf(task: LearningTask): string {
  return createHash('sha256').update(JSON.stringify(task)).digest('hex').slice(0, 32);
}
